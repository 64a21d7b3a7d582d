//! A Cranelift module with a closed table of symbols, whose code memory is freed when it is dropped.
use std::sync::{Arc, Mutex};

use cranelift_codegen::Context;
use cranelift_codegen::ir::{Function, LibCall, Signature};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module};

use crate::kernel::Fault;
use crate::vector::Path;

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The vectors that products and transpositions run on; the processor must have them.
    pub path: Path,
    /// Threads that share the work, at least one.
    pub threads: usize,
}

/// Functions that are being compiled, or have been.
pub(super) struct Code {
    /// `None` only while it is dropped.
    module: Option<JITModule>,
    context: Context,
    /// Symbols that were asked for and are not in the table.
    unknown: Arc<Mutex<Vec<String>>>,
    /// The text of every function, in the order of their definition, where somebody wants to read it.
    pub clif: Option<String>,
}

impl Code {
    /// A module for this machine, with the instructions of a path, that may call `symbols` and nothing else.
    pub fn new(path: Path, symbols: &[(&'static str, *const u8)]) -> Result<Code, Fault> {
        let mut builder = JITBuilder::with_isa(target(path)?, Box::new(|call| libcall(call).0.to_string()));
        for &(name, address) in symbols {
            builder.symbol(name, address);
        }
        for call in LIBCALLS {
            let (name, address) = libcall(call);
            builder.symbol(name, address);
        }
        let unknown = Arc::new(Mutex::new(vec![]));
        let asked = unknown.clone();
        // Asked before the process's own symbols, which are thereby out of reach.
        builder.symbol_lookup_fn(Box::new(move |name| {
            if let Ok(mut asked) = asked.lock() {
                asked.push(name.to_string());
            }
            Some(never_called as *const u8)
        }));
        let module = JITModule::new(builder);
        let context = module.make_context();
        Ok(Code { module: Some(module), context, unknown, clif: None })
    }

    fn module(&mut self) -> Result<&mut JITModule, Fault> {
        self.module.as_mut().ok_or_else(|| fault("the code was freed"))
    }

    /// An empty signature in the machine's calling convention.
    pub fn signature(&mut self) -> Result<Signature, Fault> {
        Ok(self.module()?.make_signature())
    }

    pub fn frontend(&mut self) -> Result<cranelift_codegen::isa::TargetFrontendConfig, Fault> {
        Ok(self.module()?.target_config())
    }

    /// A function of the table of symbols.
    pub fn import(&mut self, name: &str, signature: &Signature) -> Result<FuncId, Fault> {
        self.module()?.declare_function(name, Linkage::Import, signature).map_err(fault)
    }

    /// A function that is defined later.
    pub fn declare(&mut self, name: &str, signature: &Signature) -> Result<FuncId, Fault> {
        self.module()?.declare_function(name, Linkage::Local, signature).map_err(fault)
    }

    /// Makes a declared function callable from `function`.
    pub fn reference(&mut self, id: FuncId, function: &mut Function) -> Result<cranelift_codegen::ir::FuncRef, Fault> {
        Ok(self.module()?.declare_func_in_func(id, function))
    }

    /// Compiles a function.
    pub fn define(&mut self, id: FuncId, title: &str, function: Function) -> Result<(), Fault> {
        let module = self.module.as_mut().ok_or_else(|| fault("the code was freed"))?;
        if let Some(clif) = &mut self.clif {
            clif.push_str(&format!("; {title}\n{}\n", function.display()));
        }
        self.context.func = function;
        let defined = module.define_function(id, &mut self.context);
        module.clear_context(&mut self.context);
        defined.map_err(|error| fault(format!("{title}: {error:?}")))
    }

    /// Makes everything defined executable.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.module()?.finalize_definitions().map_err(fault)?;
        let unknown = self.unknown.lock().map(|names| names.join(", ")).unwrap_or_default();
        if unknown.is_empty() { Ok(()) } else { Err(fault(format!("the code asks for unknown functions: {unknown}"))) }
    }

    /// The start of a function, after `finish`; valid as long as `self`.
    pub fn address(&mut self, id: FuncId) -> Result<*const u8, Fault> {
        Ok(self.module()?.get_finalized_function(id))
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: the addresses are held by the `Executable` that owns `self`, which runs no code while it is dropped.
            unsafe { module.free_memory() };
        }
    }
}

pub(super) fn fault(reason: impl ToString) -> Fault {
    Fault { place: "the JIT".to_string(), reason: reason.to_string() }
}

fn target(path: Path) -> Result<OwnedTargetIsa, Fault> {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("use_colocated_libcalls", "false"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("unwind_info", "false"),
        ("enable_probestack", "false"),
    ] {
        flags.set(name, value).map_err(fault)?;
    }
    // A path has the instructions of the processors that have no wider one: the portable path none that is not everywhere.
    let every = cfg!(target_arch = "x86_64") && path == Path::Portable;
    let mut builder = cranelift_native::builder_with_options(!every).map_err(fault)?;
    if cfg!(target_arch = "x86_64") && path == Path::Avx2 {
        for name in ["f", "dq", "vl", "vbmi", "bitalg", "vnni"] {
            builder.set(&format!("has_avx512{name}"), "false").map_err(fault)?;
        }
    }
    builder.finish(settings::Flags::new(flags)).map_err(fault)
}

/// Whether `mul_add` rounds once in compiled code.
pub fn fused(path: Path) -> bool {
    !cfg!(target_arch = "x86_64") || path != Path::Portable
}

/// What Cranelift may call where the processor lacks an instruction.
const LIBCALLS: [LibCall; 4] = [LibCall::FloorF32, LibCall::FloorF64, LibCall::NearestF32, LibCall::NearestF64];

fn libcall(call: LibCall) -> (&'static str, *const u8) {
    extern "C" fn floor_f32(x: f32) -> f32 {
        x.floor()
    }
    extern "C" fn floor_f64(x: f64) -> f64 {
        x.floor()
    }
    extern "C" fn nearest_f32(x: f32) -> f32 {
        x.round_ties_even()
    }
    extern "C" fn nearest_f64(x: f64) -> f64 {
        x.round_ties_even()
    }
    match call {
        LibCall::FloorF32 => ("floor_f32", floor_f32 as *const u8),
        LibCall::FloorF64 => ("floor_f64", floor_f64 as *const u8),
        LibCall::NearestF32 => ("nearest_f32", nearest_f32 as *const u8),
        LibCall::NearestF64 => ("nearest_f64", nearest_f64 as *const u8),
        _ => ("another library function", never_called as *const u8),
    }
}

/// Stands for every unknown symbol until `finish` reports it.
extern "C" fn never_called() {
    std::process::abort();
}
