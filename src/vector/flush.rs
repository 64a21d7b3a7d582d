//! Denormal numbers as zero, for as long as kernels run on a thread.
//!
//! Arithmetic on denormals traps into microcode: without this an update of Adam takes thirty times as long once its
//! moments have become tiny. Two bits of the processor's control register make denormal answers and arguments zero.

use std::arch::asm;
use std::marker::PhantomData;

/// Denormals count as zero on this thread until it is dropped; then the register is as it was before.
///
/// A thread that already runs is not affected, and makes a guard of its own; one that is started meanwhile inherits the
/// bits. Guards nest, and must be dropped in the reverse order, as values of nested scopes are. On processors other than
/// x86-64 and AArch64 it does nothing.
#[must_use = "denormals are flushed only as long as the guard lives"]
pub struct FlushToZero {
    before: u64,
    /// The register is the thread's own.
    not_send: PhantomData<*const ()>,
}

impl FlushToZero {
    pub fn new() -> FlushToZero {
        let before = read();
        write(before | FLUSH);
        FlushToZero { before, not_send: PhantomData }
    }
}

impl Default for FlushToZero {
    fn default() -> FlushToZero {
        FlushToZero::new()
    }
}

impl Drop for FlushToZero {
    fn drop(&mut self) {
        write(self.before);
    }
}

/// FTZ (bit 15) and DAZ (bit 6) of MXCSR.
#[cfg(target_arch = "x86_64")]
const FLUSH: u64 = 1 << 15 | 1 << 6;

#[cfg(target_arch = "x86_64")]
fn read() -> u64 {
    let mut register = 0u32;
    // SAFETY: stores the register in a local.
    unsafe { asm!("stmxcsr [{}]", in(reg) &mut register, options(nostack, preserves_flags)) }
    register.into()
}

#[cfg(target_arch = "x86_64")]
fn write(register: u64) {
    let register = register as u32;
    // SAFETY: the value is one that was read, perhaps with the two bits set, so rounding and traps stay as they were.
    // Rust computes constants as if denormals were kept; a kernel's answer differs from that below 2^-126 alone, where
    // the language promises no digits.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &register, options(nostack, preserves_flags)) }
}

/// FZ (bit 24) of FPCR: both arguments and answers.
#[cfg(target_arch = "aarch64")]
const FLUSH: u64 = 1 << 24;

#[cfg(target_arch = "aarch64")]
fn read() -> u64 {
    let register;
    // SAFETY: reads the register.
    unsafe { asm!("mrs {}, fpcr", out(reg) register, options(nomem, nostack, preserves_flags)) }
    register
}

#[cfg(target_arch = "aarch64")]
fn write(register: u64) {
    // SAFETY: the value is one that was read, perhaps with the bit set, so rounding and traps stay as they were; see
    // above for what Rust makes of denormals.
    unsafe { asm!("msr fpcr, {}", in(reg) register, options(nostack, preserves_flags)) }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FLUSH: u64 = 0;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn read() -> u64 {
    0
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn write(_register: u64) {}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use std::hint::black_box;

    /// A product that is denormal, and a sum whose argument is.
    fn kept() -> (bool, bool) {
        let product = black_box(1e-30f32) * black_box(1e-10f32);
        let sum = black_box(f32::from_bits(1)) + black_box(0.0);
        (product.to_bits() != 0, sum.to_bits() != 0)
    }

    #[test]
    fn flushes_while_it_lives_and_restores() {
        assert_eq!(kept(), (true, true));
        {
            let _outer = FlushToZero::new();
            assert_eq!(kept(), (false, false));
            drop(FlushToZero::new());
            assert_eq!(kept(), (false, false));
        }
        assert_eq!(kept(), (true, true));
    }

    #[test]
    fn is_of_this_thread_alone() {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let there = std::thread::spawn(move || wait.recv().map(|()| kept()));
        let _flush = FlushToZero::new();
        assert!(go.send(()).is_ok());
        assert_eq!(there.join().ok(), Some(Ok((true, true))));
    }
}
