//! Buffers that are never needed together share memory, so that what was just written is still near.
use super::layout::Strided;
use super::program::Line;
use rustc_hash::FxHashMap;

/// From when to when each buffer is needed. A buffer that is used inside of a loop and outside of it is needed for the
/// whole loop.
struct Spans {
    /// Loops by number: their beginnings and ends.
    loops: Vec<(usize, usize)>,
    /// For each buffer, its uses: when, and in which loops, from the outermost.
    uses: Vec<Vec<(usize, Vec<usize>)>>,
    /// By result: the operand that it may be written over, and when.
    in_place: FxHashMap<usize, (usize, usize)>,
    clock: usize,
}

impl Spans {
    fn walk(&mut self, lines: &mut [Line], inside: &mut Vec<usize>) {
        for line in lines {
            self.clock += 1;
            let Line::Loop(of) = line else {
                if let Some((result, operand)) = overwritten(line) {
                    self.in_place.insert(result, (operand, self.clock));
                }
                for layout in line.layouts() {
                    self.uses[layout.buffer].push((self.clock, inside.clone()));
                }
                continue;
            };
            let number = self.loops.len();
            self.loops.push((self.clock, 0));
            self.walk(&mut of.before, inside);
            inside.push(number);
            for part in [&mut of.body, &mut of.stacks, &mut of.hand_on] {
                self.walk(part, inside);
            }
            inside.pop();
            self.clock += 1;
            self.loops[number].1 = self.clock;
            self.walk(&mut of.after, inside);
        }
    }

    /// From the first to the last time that a buffer is needed.
    fn span(&self, buffer: usize) -> Option<(usize, usize)> {
        let uses = &self.uses[buffer];
        let (_, first) = uses.first()?;
        let shared = |loops: &Vec<usize>| first.iter().zip(loops).take_while(|(a, b)| a == b).count();
        let common = uses.iter().map(|(_, loops)| shared(loops)).min()?;
        let when = |(time, loops): &(usize, Vec<usize>)| match loops.get(common) {
            Some(&of) => self.loops[of],
            None => (*time, *time),
        };
        Some((uses.iter().map(|u| when(u).0).min()?, uses.iter().map(|u| when(u).1).max()?))
    }
}

/// The result of a function of elements, and an operand that lies as it does, so that it can be written over it.
fn overwritten(line: &mut Line) -> Option<(usize, usize)> {
    if !matches!(line, Line::Unary { .. } | Line::Binary { .. } | Line::Select { .. }) {
        return None;
    }
    let layouts = line.layouts();
    let (out, operands) = layouts.split_last()?;
    let same = |x: &Strided| Strided { buffer: out.buffer, ..x.clone() } == **out;
    let all_same = |buffer: usize| operands.iter().filter(|x| x.buffer == buffer).all(|x| same(x));
    let operand = operands.iter().find(|x| out.is_dense() && all_same(x.buffer))?;
    Some((out.buffer, operand.buffer))
}

/// Gives buffers from `first` on that are not `fixed` new numbers, of fewer buffers; the sizes of these.
pub fn shared(lines: &mut [Line], sizes: &[usize], first: usize, fixed: &[usize]) -> Vec<usize> {
    let mut spans = Spans { loops: vec![], uses: vec![vec![]; sizes.len()], in_place: FxHashMap::default(), clock: 0 };
    spans.walk(lines, &mut vec![]);
    let mut numbers: Vec<usize> = (0..sizes.len()).collect();
    let mut pooled: Vec<bool> = (0..sizes.len()).map(|buffer| buffer >= first).collect();
    fixed.iter().for_each(|&buffer| pooled[buffer] = false);
    let mut kept: Vec<usize> = sizes.to_vec();
    let mut order: Vec<(usize, usize, usize)> = (first..sizes.len())
        .filter(|&buffer| pooled[buffer])
        .filter_map(|buffer| spans.span(buffer).map(|(begin, end)| (begin, end, buffer)))
        .collect();
    order.sort();
    let mut busy: Vec<(usize, usize)> = vec![];
    let mut free: Vec<usize> = vec![];
    for (begin, end, buffer) in order {
        busy.retain(|&(until, of)| {
            let over = until < begin;
            if over {
                free.push(of);
            }
            !over
        });
        // Over an operand that nothing needs afterwards.
        if let Some(&(operand, when)) = spans.in_place.get(&buffer)
            && pooled[operand]
            && when == begin
            && spans.span(operand).is_some_and(|s| s.1 == begin)
            && let Some(entry) = busy.iter_mut().find(|b| b.1 == numbers[operand])
        {
            entry.0 = end;
            numbers[buffer] = entry.1;
            continue;
        }
        // The last one freed that is large enough, else the largest one.
        let fits = free.iter().rposition(|&of| kept[of] >= sizes[buffer] && kept[of] <= 4 * sizes[buffer]);
        let at = fits.or_else(|| (0..free.len()).max_by_key(|&k| kept[free[k]]));
        let of = match at {
            Some(at) => free.remove(at),
            None => buffer,
        };
        kept[of] = kept[of].max(sizes[buffer]);
        numbers[buffer] = of;
        busy.push((end, of));
    }
    rename(lines, &numbers);
    for buffer in 0..sizes.len() {
        if numbers[buffer] != buffer {
            kept[buffer] = 0;
        }
    }
    kept
}

fn rename(lines: &mut [Line], numbers: &[usize]) {
    for line in lines {
        for layout in line.layouts() {
            layout.buffer = numbers[layout.buffer];
        }
        if let Line::Loop(of) = line {
            for part in [&mut of.before, &mut of.body, &mut of.stacks, &mut of.hand_on, &mut of.after] {
                rename(part, numbers);
            }
        }
    }
}
