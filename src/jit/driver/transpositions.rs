//! Transposed copies in the loop: calls of the precompiled function of the path.
use cranelift_codegen::ir::{self, AbiParam, FuncRef, InstBuilder, types};

use super::Writer;
use crate::jit::lower::share_of;
use crate::jit::module::Code;
use crate::kernel::*;
use crate::vector::{Path, transpose_f32, transpose_f64};

const NAME: &str = "transpose";

/// The function for a program's floats.
pub(super) fn symbol(float: Float, path: Path) -> (&'static str, *const u8) {
    match float {
        Float::F32 => (NAME, transpose_f32(path) as *const u8),
        Float::F64 => (NAME, transpose_f64(path) as *const u8),
    }
}

pub(super) fn import(code: &mut Code, function: &mut ir::Function) -> Result<FuncRef, Fault> {
    let mut signature = code.signature()?;
    signature.params = vec![AbiParam::new(types::I64); 6];
    let id = code.import(NAME, &signature)?;
    code.reference(id, function)
}

impl Writer<'_> {
    pub(super) fn transpose(&mut self, step: &Transposition) {
        let [rows, columns] = [step.rows, step.columns].map(|extent| match extent {
            Extent::Fixed(n) => self.builder.ins().iconst(types::I64, n as i64),
            Extent::Batch => self.rows,
        });
        let zero = self.builder.ins().iconst(types::I64, 0);
        if self.threads == 1 {
            self.transpose_rows(step, zero, rows, columns);
        } else if !step.divided {
            self.on_first_thread(|w| w.transpose_rows(step, zero, rows, columns));
        } else {
            // A thread without rows has nothing to copy.
            let (low, high) = share_of(&mut self.builder, rows, share::ROWS_TOGETHER, self.thread, self.threads);
            let own = self.builder.ins().isub(high, low);
            self.transpose_rows(step, low, own, columns);
        }
    }

    /// `rows` rows from `low` on.
    fn transpose_rows(&mut self, step: &Transposition, low: ir::Value, rows: ir::Value, columns: ir::Value) {
        let from = self.operand(&step.from, step.from_stride as i64, low);
        let to = self.operand(&step.to, 1, low);
        let [from_stride, to_stride] =
            [step.from_stride, step.to_stride].map(|stride| self.builder.ins().iconst(types::I64, stride as i64));
        self.builder.ins().call(self.transpose, &[from, from_stride, to, to_stride, rows, columns]);
    }
}
