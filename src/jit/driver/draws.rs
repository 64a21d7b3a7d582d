//! Fresh draws in the loop: calls of a precompiled function for the rows of the batch.
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, FuncRef, InstBuilder, types};

use super::{FLAGS, Run, Slot, Writer};
use crate::jit::lower::share_of;
use crate::jit::module::Code;
use crate::kernel::*;
use crate::random::Site;
use crate::vector::{Drawn, draw_f32, draw_f64};

const NAME: &str = "draw";

/// What a program draws, under a seed.
pub(in crate::jit) struct Draws(Vec<Drawn>);

impl Draws {
    pub fn new(program: &Program, seed: u64, rows_before: u32) -> Draws {
        let drawn = |one: &Drawing| Drawn {
            site: Site::new(one.noise, seed, &one.name),
            rows_before,
            runs: one.runs,
            run: one.run,
            stride: one.stride,
            row_stride: one.row_stride,
        };
        Draws(program.draws.iter().map(drawn).collect())
    }
    pub fn addresses(&self) -> *const Drawn {
        self.0.as_ptr()
    }
}

/// The function for a program's floats.
pub(super) fn symbol(float: Float) -> (&'static str, *const u8) {
    match float {
        Float::F32 => (NAME, draw_f32 as *const u8),
        Float::F64 => (NAME, draw_f64 as *const u8),
    }
}

pub(super) fn import(code: &mut Code, function: &mut ir::Function) -> Result<FuncRef, Fault> {
    let mut signature = code.signature()?;
    signature.params = vec![AbiParam::new(types::I64); 5];
    let id = code.import(NAME, &signature)?;
    code.reference(id, function)
}

impl Writer<'_> {
    pub(super) fn draw(&mut self, at: DrawingId) {
        let one = self.program.drawing(at).clone();
        let zero = self.builder.ins().iconst(types::I64, 0);
        if self.threads == 1 {
            self.drawn_rows(at, &one, zero, self.rows);
        } else if !one.divided {
            self.on_first_thread(|w| w.drawn_rows(at, &one, zero, w.rows));
        } else {
            let (low, high) = share_of(&mut self.builder, self.rows, share::ROWS_TOGETHER, self.thread, self.threads);
            let own = self.builder.ins().isub(high, low);
            let any = self.builder.ins().icmp_imm_s(IntCC::NotEqual, own, 0);
            let [some, on] = [(); 2].map(|()| self.builder.create_block());
            self.builder.ins().brif(any, some, &[], on, &[]);
            self.enter(some);
            self.drawn_rows(at, &one, low, own);
            self.builder.ins().jump(on, &[]);
            self.enter(on);
        }
    }

    /// `rows` rows of the batch from `low` on.
    fn drawn_rows(&mut self, at: DrawingId, one: &Drawing, low: ir::Value, rows: ir::Value) {
        let draws = self.field(std::mem::offset_of!(Run, draws));
        let drawn = self.builder.ins().iadd_imm_s(draws, (at.0 as usize * std::mem::size_of::<Drawn>()) as i64);
        let to = self.operand(&one.to, one.row_stride as i64, low);
        let Location::Window { slot } = self.program.buffer(one.order).place else { return };
        let bound = slot as usize * std::mem::size_of::<Slot>() + std::mem::offset_of!(Slot, address);
        let order = self.builder.ins().load(types::I64, FLAGS, self.slots, bound as i32);
        let first = self.builder.ins().iadd(self.first, low);
        let skipped = self.builder.ins().imul_imm_s(first, Element::U32.bytes() as i64);
        let order = self.builder.ins().iadd(order, skipped);
        let step = self.operand(&Operand::new(one.step, 0), 0, low);
        self.builder.ins().call(self.draw, &[drawn, to, order, rows, step]);
    }
}
