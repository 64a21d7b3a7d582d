//! Whatever the text: the front end says something about it, with little work, on a small stack, with little memory, and never panics.
//!
//! `GRADUS_FUZZ_CASES` sets the number of texts, `GRADUS_FUZZ_SEED` the seed, `GRADUS_FUZZ_CASE` runs one of them alone. A text on
//! which the process dies without a word (a stack that overflows) is left in `target/tmp/fuzz-*.nn`.
mod texts;

use gradus::diagnostic::{Span, render};
use gradus::graph::NodeId;
use gradus::kernel::Float;
use gradus::model::{Model, Options};
use gradus::notation::Form;
use gradus::{notation, pipeline};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Texts of every test run.
const CASES: u64 = 10_000;
const SEED: u64 = 1;
/// How often a text may ask for memory: a measure of work that is the same on every machine, however busy.
const WORK: u64 = 1_000_000;
/// A text takes milliseconds: what takes so long never ends. It is counted in time of the processor, for others may be at work on the
/// machine.
const FOREVER: Duration = Duration::from_secs(60);
/// On a clock, for what waits and does no work.
const FOREVER_WAITING: Duration = Duration::from_secs(900);
/// What a thread has by default.
const STACK: usize = 2 << 20;
/// Live memory of the whole process. A program of a few lines needs some megabytes.
const MEMORY: usize = 256 << 20;
/// Nodes of a model that is planned, too.
const PLANNED: usize = 1000;
const WORKERS: usize = 2;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// How often this thread has asked for memory.
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

fn took(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
    ASKED.set(ASKED.get() + 1);
}

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What a worker is at, for the watchdog: since when, by the clock and by the work that the process had done, which case, which text.
type Desk = Mutex<Option<(Instant, Duration, u64, String)>>;

/// The time that all threads of this process have worked, where the system tells; else the clock's.
fn worked(since: Instant) -> Duration {
    let ticks = |stat: String| -> Option<u64> {
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
    };
    // A tick is a hundredth of a second on every Linux.
    let ticks = std::fs::read_to_string("/proc/self/stat").ok().and_then(ticks);
    ticks.map_or_else(|| since.elapsed(), |ticks| Duration::from_millis(10 * ticks))
}

#[test]
fn whatever_the_text_there_is_an_answer() {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a whole number"));
    let seed = number("GRADUS_FUZZ_SEED").unwrap_or(SEED);
    let (first, last) = match number("GRADUS_FUZZ_CASE") {
        Some(case) => (case, case + 1),
        None => (0, number("GRADUS_FUZZ_CASES").unwrap_or(CASES)),
    };
    let programs = texts::programs();
    let start = Instant::now();
    let next = AtomicU64::new(first);
    let desks: Vec<Desk> = (0..WORKERS).map(|_| Mutex::new(None)).collect();
    let failures: Mutex<Vec<String>> = Mutex::new(vec![]);
    let models = AtomicU64::new(0);
    let most = AtomicU64::new(0);
    let working = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let workers: Vec<_> = desks
            .iter()
            .enumerate()
            .map(|(number, desk)| {
                let note = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{number}.nn"));
                let work = || {
                    let note = note;
                    loop {
                        let case = next.fetch_add(1, Ordering::Relaxed);
                        if case >= last {
                            break;
                        }
                        let text = texts::text(seed, case, &programs);
                        std::fs::write(&note, &text).expect("a folder that can be written");
                        *desk.lock().unwrap() = Some((Instant::now(), worked(start), case, text.clone()));
                        PEAK.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
                        ASKED.set(0);
                        let answer = catch_unwind(AssertUnwindSafe(|| answer(&text)));
                        let asked = ASKED.get();
                        most.fetch_max(asked, Ordering::Relaxed);
                        *desk.lock().unwrap() = None;
                        let wrong = match answer {
                            Err(_) => Some("a panic".to_string()),
                            Ok(Err(why)) => Some(why),
                            Ok(Ok(_)) if asked > WORK => Some(format!("{asked} times asked for memory")),
                            Ok(Ok(model)) => {
                                models.fetch_add(u64::from(model), Ordering::Relaxed);
                                let peak = PEAK.load(Ordering::Relaxed);
                                (peak > MEMORY).then(|| format!("{} MiB at this text or one beside it", peak >> 20))
                            }
                        };
                        if let Some(why) = wrong {
                            failures.lock().unwrap().push(told(&why, seed, case, &text));
                        }
                    }
                };
                std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).expect("a thread")
            })
            .collect();
        scope.spawn(|| {
            while working.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
                for desk in &desks {
                    if let Some((began, before, case, text)) = &*desk.lock().unwrap()
                        && began.elapsed() > FOREVER
                        // All workers may have worked meanwhile.
                        && (worked(start) - *before > FOREVER * WORKERS as u32 || began.elapsed() > FOREVER_WAITING)
                    {
                        let told = told(&format!("no answer within {FOREVER:?}"), seed, *case, text);
                        // Not captured, as what is printed would be.
                        let _ = std::io::stderr().write_all(told.as_bytes());
                        // The worker can't be stopped from here.
                        std::process::exit(101);
                    }
                }
            }
        });
        workers.into_iter().for_each(|worker| worker.join().expect("failures are caught one by one"));
        working.store(false, Ordering::Relaxed);
    });
    println!("a text asked {} times for memory at most", most.into_inner());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures[..failures.len().min(10)].join("\n"));
    // Many changed programs still are programs: the stages behind the parser are reached.
    let (models, all) = (models.into_inner(), last - first);
    assert!(all < 100 || models * 10 > all, "only {models} of {all} texts were models");
}

fn told(why: &str, seed: u64, case: u64, text: &str) -> String {
    format!("{why}: GRADUS_FUZZ_SEED={seed} GRADUS_FUZZ_CASE={case}\n{text:?}\n{text}\n")
}

/// Text to model, diagnostics, gradients and data plan. True if there was a model; an error says which promise was broken.
fn answer(text: &str) -> Result<bool, String> {
    let source = pipeline::read("fuzz.nn", text, &Options::default());
    for diagnostic in &source.diagnostics {
        let spans = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.edits.iter().flat_map(|edit| &edit.changes).map(|change| change.0);
        let inside = |span: Span| span.file == 0 && text.get(span.range()).is_some();
        if diagnostic.labels.is_empty() || !spans.chain(edits).all(inside) {
            return Err(format!("a place outside of the text: {diagnostic:?}"));
        }
        let shown = render(diagnostic, &source.sources, false);
        if !shown.contains(diagnostic.code) {
            return Err(format!("a text without its code: {shown}"));
        }
    }
    let (Some(model), Some(_)) = (&source.training, &source.evaluation) else {
        let said = source.has_errors();
        return if said { Ok(false) } else { Err("neither a model nor an error".into()) };
    };
    gradients(model);
    // Behind the front end a step is batched and planned; what a defect is there ends in a panic, too.
    if model.graph.len() <= PLANNED {
        let batched = pipeline::batched(&pipeline::training_step(model), true);
        let _ = pipeline::planned(&batched, Float::F32, 32);
    }
    if let Err(errors) = pipeline::data_plan(&source, model) {
        for error in &errors {
            render(error, &source.sources, false);
        }
    }
    Ok(true)
}

/// The gradient of the loss by every parameter, in all forms.
fn gradients(model: &Model) {
    let numbers = [("loss", model.loss), ("minimize", model.objective)];
    let of: Vec<(String, NodeId)> = numbers
        .into_iter()
        .filter_map(|(name, id)| Some((name.to_string(), id?)))
        .filter(|(_, id)| model.graph.shape(*id).is_empty())
        .collect();
    if of.is_empty() {
        return;
    }
    let paths = model.graph.parameters.iter().zip(&model.parameters);
    let by: Vec<(String, NodeId)> = paths.map(|(variable, p)| (variable.name.clone(), p.leaf)).collect();
    notation::nn::render(&notation::gradient(&model.graph, &of, &by, Form::Program));
    let derivation = notation::gradient(&model.graph, &of, &by, Form::Paper);
    notation::text::render(&derivation, 80, true);
    notation::latex::render(&derivation);
    notation::json::render(&derivation);
}
