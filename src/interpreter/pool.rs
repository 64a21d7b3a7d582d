//! Buffers that are never needed together share memory, so that what was just written is still near.
use super::program::Line;

/// From when to when each buffer is needed. A buffer that is used inside of a loop and outside of it is needed for the
/// whole loop.
struct Spans {
    /// Loops by number: their beginnings and ends.
    loops: Vec<(usize, usize)>,
    /// For each buffer, its uses: when, and in which loops, from the outermost.
    uses: Vec<Vec<(usize, Vec<usize>)>>,
    clock: usize,
}

impl Spans {
    fn walk(&mut self, lines: &mut [Line], inside: &mut Vec<usize>) {
        for line in lines {
            self.clock += 1;
            let Line::Loop(of) = line else {
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

/// Gives buffers from `first` on that are not `fixed` new numbers, of fewer buffers; the sizes of these.
pub fn shared(lines: &mut [Line], sizes: &[usize], first: usize, fixed: &[usize]) -> Vec<usize> {
    let mut spans = Spans { loops: vec![], uses: vec![vec![]; sizes.len()], clock: 0 };
    spans.walk(lines, &mut vec![]);
    let mut numbers: Vec<usize> = (0..sizes.len()).collect();
    let mut kept: Vec<usize> = sizes.to_vec();
    let mut order: Vec<(usize, usize, usize)> = (first..sizes.len())
        .filter(|buffer| !fixed.contains(buffer))
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
