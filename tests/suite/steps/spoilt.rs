//! Plans that were spoilt on purpose: the verifier refuses each, or it does what the plan did before.
use super::random::{environment, step};
use super::{Dice, Left, executed};
use gradus::data::Dataset;
use gradus::kernel::{Access, BufferId, Command, Float, Instruction, Location, Program, Role, Statement};
use gradus::oracle::Environment;
use gradus::pipeline;
use gradus::plan::Plan;
use gradus::step::StepGraph;
use gradus::train::native::Native;
use gradus::vector::Path;

/// How a plan is spoilt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Spoilt {
    /// A load of an old value reads the new one, or the other way round.
    Version,
    /// A logged number is read as the other version.
    Log,
    /// A step is left out.
    LeftOut,
    /// Two steps change places.
    Order,
    /// A value stands where another buffer stands.
    Place,
    /// A next value stands in memory of its own, and the value never changes.
    Apart,
}

const WAYS: [Spoilt; 6] = [Spoilt::Version, Spoilt::Log, Spoilt::LeftOut, Spoilt::Order, Spoilt::Place, Spoilt::Apart];

/// The other version of a buffer, if there is one.
fn other(program: &Program, id: BufferId) -> Option<BufferId> {
    let next = (0..).map(BufferId).zip(&program.buffers).find(|(_, buffer)| buffer.overwrites == Some(id));
    program.buffer(id).overwrites.or(next.map(|n| n.0))
}

fn loads<'p>(body: &'p mut [Statement], all: &mut Vec<&'p mut Access>) {
    for statement in body {
        match statement {
            Statement::For(one) => loads(&mut one.body, all),
            Statement::Let { instruction: Instruction::Load(access), .. } => all.push(access),
            _ => {}
        }
    }
}

/// The buffers that are written.
fn stores(body: &[Statement]) -> Vec<BufferId> {
    let each = |statement: &Statement| match statement {
        Statement::For(one) => stores(&one.body),
        Statement::Store { to, .. } | Statement::Add { to, .. } => vec![to.buffer],
        _ => vec![],
    };
    body.iter().flat_map(each).collect()
}

/// Whether two values are read whose next ones are written.
fn has_circle(program: &Program, body: &[Statement]) -> bool {
    let mut body = body.to_vec();
    let mut read = vec![];
    let written: Vec<BufferId> = stores(&body).iter().filter_map(|&id| program.buffer(id).overwrites).collect();
    loads(&mut body, &mut read);
    written.iter().filter(|old| read.iter().any(|access| access.buffer == **old)).count() > 1
}

/// Spoils a program; whether there was something to spoil.
fn spoil(program: &mut Program, way: Spoilt, dice: &mut Dice) -> bool {
    let before = program.clone();
    match way {
        Spoilt::Version => {
            let mut all = vec![];
            program.kernels.iter_mut().for_each(|kernel| loads(&mut kernel.body, &mut all));
            all.retain(|access| other(&before, access.buffer).is_some());
            if all.is_empty() {
                return false;
            }
            let at = dice.below(all.len());
            all[at].buffer = other(&before, all[at].buffer).unwrap();
        }
        Spoilt::Log => {
            let versions: Vec<usize> =
                (0..program.outputs.len()).filter(|&k| other(&before, before.outputs[k]).is_some()).collect();
            if versions.is_empty() {
                return false;
            }
            let at = dice.pick(&versions);
            program.outputs[at] = other(&before, before.outputs[at]).unwrap();
        }
        Spoilt::LeftOut | Spoilt::Order => {
            program.steps.retain(|step| *step != Command::Barrier);
            if program.steps.len() < 2 {
                return false;
            }
            let at = dice.below(program.steps.len() - 1);
            if way == Spoilt::LeftOut {
                // Parts of one value are written by several kernels: which are there nobody counts.
                let writers = |id: &BufferId| program.kernels.iter().filter(|k| stores(&k.body).contains(id)).count();
                if let Command::Kernel { kernel, .. } = program.steps[at]
                    && stores(&program.kernel(kernel).body).iter().any(|id| writers(id) > 1)
                {
                    return false;
                }
                program.steps.remove(at);
            } else {
                let with = at + 1 + dice.below(program.steps.len() - at - 1);
                program.steps.swap(at, with);
            }
        }
        Spoilt::Place => {
            let end = |place: Location, bytes: usize| matches!(place, Location::Arena { offset } if offset + bytes <= before.arena_bytes);
            let values: Vec<usize> = (0..program.buffers.len())
                .filter(|&k| matches!(before.buffers[k].role, Role::Value | Role::Output))
                .collect();
            let (Some(&at), to) = (values.get(dice.below(values.len().max(1))), dice.below(before.buffers.len()))
            else {
                return false;
            };
            let buffer = &mut program.buffers[at];
            if !end(before.buffers[to].place, buffer.elements * buffer.element.bytes()) {
                return false;
            }
            buffer.place = before.buffers[to].place;
        }
        Spoilt::Apart => {
            let Some(next) = program.buffers.iter_mut().find(|buffer| buffer.overwrites.is_some()) else {
                return false;
            };
            next.place = Location::Arena { offset: before.arena_bytes };
            program.arena_bytes += (next.elements * next.element.bytes()).next_multiple_of(64);
        }
    }
    program.steps.retain(|step| *step != Command::Barrier);
    program.insert_barriers();
    true
}

fn run(plan: Plan, step: &StepGraph, env: &Environment) -> Vec<Left> {
    let data = Dataset::of(&step.graph.inputs, env.inputs.clone(), env.examples, Float::F64, "a test");
    let mut native = Native::new(plan, &data, Path::available()[0], 1, (3, 3)).unwrap();
    executed(&mut native, env, step.outputs.len(), 3).unwrap()
}

#[test]
fn a_spoilt_plan_is_refused_or_does_the_same() {
    let (mut refused, mut the_same) = ([0; WAYS.len()], [0; WAYS.len()]);
    // Of the plans: in which old values are put aside, and in which one kernel gives next values of what the others read.
    let (mut aside, mut at_once) = (0, 0);
    for seed in 0..300 {
        let step = step(seed);
        let env = environment(&step.graph, seed);
        let batched = pipeline::batched(&step, true);
        let plan = || pipeline::planned(&batched, Float::F64, env.examples).unwrap();
        let program = plan().program;
        aside += usize::from(program.buffers.iter().any(|buffer| buffer.name.starts_with("old ")));
        at_once += usize::from(program.kernels.iter().any(|kernel| has_circle(&program, &kernel.body)));
        let mut wanted = None;
        let mut dice = Dice(seed);
        for (k, way) in WAYS.into_iter().enumerate() {
            let mut spoilt = plan();
            if !spoil(&mut spoilt.program, way, &mut dice) {
                continue;
            }
            if spoilt.program.verify().is_err() {
                refused[k] += 1;
                continue;
            }
            the_same[k] += 1;
            // Where old and new are the same number nobody could tell: what stands there decides.
            assert!(!matches!(way, Spoilt::Version | Spoilt::Log | Spoilt::Apart), "seed {seed}, {way:?} is accepted");
            let text = spoilt.program.text();
            let wanted = wanted.get_or_insert_with(|| run(plan(), &step, &env));
            let found = run(spoilt, &step, &env);
            assert_eq!(&found, wanted, "seed {seed}, {way:?}\n{text}");
        }
    }
    assert!(refused.iter().all(|&count| count > 10), "refused {refused:?}, the same {the_same:?}");
    assert!(aside > 10 && at_once > 10, "put aside in {aside}, at once in {at_once}");
}
