//! Products of matrices in the loop: calls of the precompiled register tile, with pointers and shares worked out.
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, FuncRef, InstBuilder, types};

use super::{FLAGS, Run, Writer};
use crate::jit::lower::share_of;
use crate::jit::module::Code;
use crate::kernel::*;
use crate::vector::{Axis, Path, Prepared, product_f32, product_f64};

/// The products of a program, made ready for a path.
pub(in crate::jit) struct Products {
    /// Where each is, for compiled code: inside of the two vectors, which never grow again.
    addresses: Vec<usize>,
    _narrow: Vec<Prepared<f32>>,
    _wide: Vec<Prepared<f64>>,
}

impl Products {
    pub fn new(program: &Program, path: Path) -> Products {
        let (mut narrow, mut wide) = (vec![], vec![]);
        for product in &program.products {
            match program.float {
                Float::F32 => narrow.push(Prepared::new(product, path).usually(program.batch)),
                Float::F64 => wide.push(Prepared::new(product, path).usually(program.batch)),
            }
        }
        let addresses = match program.float {
            Float::F32 => narrow.iter().map(|one| &raw const *one as usize).collect(),
            Float::F64 => wide.iter().map(|one| &raw const *one as usize).collect(),
        };
        Products { addresses, _narrow: narrow, _wide: wide }
    }

    pub fn addresses(&self) -> *const usize {
        self.addresses.as_ptr()
    }
}

/// The two multiplications by name.
pub(super) const SYMBOLS: [(&str, *const u8); 2] =
    [("product_f32", product_f32 as *const u8), ("product_f64", product_f64 as *const u8)];

/// The multiplication of a program's floats.
pub(super) fn import(code: &mut Code, function: &mut ir::Function, float: Float) -> Result<FuncRef, Fault> {
    let mut signature = code.signature()?;
    signature.params = vec![AbiParam::new(types::I64); 8];
    let name = if float == Float::F32 { SYMBOLS[0].0 } else { SYMBOLS[1].0 };
    let id = code.import(name, &signature)?;
    code.reference(id, function)
}

impl Writer<'_> {
    pub(super) fn multiply(&mut self, step: &Multiplication) {
        let zero = self.builder.ins().iconst(types::I64, 0);
        let one = self.builder.ins().iconst(types::I64, 1);
        match step.division {
            _ if self.threads == 1 => self.part(step, zero, self.rows, zero, one),
            Division::Alone => self.on_first_thread(|w| w.part(step, zero, w.rows, zero, one)),
            Division::Tiles => {
                let threads = self.builder.ins().iconst(types::I64, self.threads as i64);
                self.part(step, zero, self.rows, self.thread, threads);
            }
            Division::Batch => {
                let (low, high) =
                    share_of(&mut self.builder, self.rows, share::ROWS_TOGETHER, self.thread, self.threads);
                let rows = self.builder.ins().isub(high, low);
                let any = self.builder.ins().icmp_imm_s(IntCC::NotEqual, rows, 0);
                let [some, on] = [(); 2].map(|()| self.builder.create_block());
                self.builder.ins().brif(any, some, &[], on, &[]);
                self.enter(some);
                self.part(step, low, rows, zero, one);
                self.builder.ins().jump(on, &[]);
                self.enter(on);
            }
        }
    }

    /// Part `index` of `of` of the product on `rows` rows of the batch from `low` on.
    fn part(&mut self, step: &Multiplication, low: ir::Value, rows: ir::Value, index: ir::Value, of: ir::Value) {
        let at = step.product.0 as usize;
        let Axis { a, b, c, bias, .. } = match (step.division, batch_strides(&self.program.products[at])) {
            (Division::Batch, Some(strides)) if 1 < self.threads => strides,
            _ => Axis::batch(Extent::Batch, 0, 0, 0),
        };
        let products = self.field(std::mem::offset_of!(Run, products));
        let prepared = self.builder.ins().load(types::I64, FLAGS.with_readonly(), products, 8 * at as i32);
        let [a, b, c] = [(&step.a, a), (&step.b, b), (&step.c, c)].map(|(o, stride)| self.operand(o, stride, low));
        let bias = match &step.bias {
            Some(operand) => self.operand(operand, bias, low),
            None => c,
        };
        self.builder.ins().call(self.multiply, &[prepared, a, b, c, bias, rows, index, of]);
    }

    /// The address of an operand's row `low` of the batch.
    pub(super) fn operand(&mut self, operand: &Operand, stride: i64, low: ir::Value) -> ir::Value {
        let buffer = self.program.buffer(operand.buffer);
        let bytes = buffer.element.bytes() as i64;
        let Location::Arena { offset } = buffer.place else { return self.arena };
        let start = self.affine(&(operand.start.clone() * bytes + offset as i64));
        let address = self.builder.ins().iadd(self.arena, start);
        if stride == 0 {
            return address;
        }
        let skipped = self.builder.ins().imul_imm_s(low, stride * bytes);
        self.builder.ins().iadd(address, skipped)
    }
}
