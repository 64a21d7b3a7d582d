//! Random programs of one kernel that the verifier accepts, for property tests: loop nests with sums, guards, gathers and
//! every instruction.
use gradus::kernel::reference::Memory;
use gradus::kernel::{
    Access, Affine, Buffer, BufferId, Command, Element, Extent, Float, Integers, KernelId, Location, Loop,
    LoopVariable, Program, ROW_BYTES, Recorder, Reducer, Role, ScalarCode, ScalarFunction, Truth, Value,
};
use gradus::vector::lanes::{BitLanes, Lanes};

/// A program that runs one kernel, and memory for it.
pub struct Case {
    pub program: Program,
    pub memory: Memory,
    /// Rows of each table and window that are bound.
    pub rows: usize,
}

/// The program that belongs to a seed.
pub fn case(seed: u64, float: Float) -> Case {
    let mut dice = Dice(seed);
    let recorder = Recorder::new("random", float);
    let batch = 1 + dice.below(40);
    let mut writer = Writer { dice, k: &recorder, batch, buffers: vec![], slots: vec![], offset: 0, loops: vec![] };
    for _ in 0..1 + writer.dice.below(2) {
        writer.nest();
    }
    let Writer { mut dice, buffers, slots, offset, .. } = writer;
    let rows = batch + dice.below(20);
    let program = Program {
        float,
        batch,
        arena_bytes: offset,
        slots: slots.len(),
        scalars: vec![],
        outputs: vec![],
        kernels: vec![recorder.finish()],
        products: vec![],
        draws: vec![],
        steps: vec![Command::Kernel { kernel: KernelId(0), arguments: vec![] }],
        buffers,
    };
    let mut memory = Memory::new(&program);
    for buffer in &program.buffers {
        let count = if let Location::Arena { .. } = buffer.place { buffer.elements } else { buffer.elements * rows };
        let bytes: Vec<u8> = (0..count).flat_map(|_| element(&mut dice, buffer)).collect();
        match buffer.place {
            Location::Arena { offset } => memory.arena[offset..offset + bytes.len()].copy_from_slice(&bytes),
            Location::Table { slot } | Location::Window { slot } => memory.slots[slot as usize] = (bytes, rows),
        }
    }
    Case { program, memory, rows }
}

fn element(dice: &mut Dice, buffer: &Buffer) -> Vec<u8> {
    let number = (dice.below(2001) as f64 - 1000.0) / 250.0;
    match buffer.element {
        Element::F32 => (number as f32).to_le_bytes().to_vec(),
        Element::F64 => number.to_le_bytes().to_vec(),
        Element::I32 => (dice.below(70) as i32 - 10).to_le_bytes().to_vec(),
        Element::U32 => (dice.roll() as u32 >> dice.below(32)).to_le_bytes().to_vec(),
    }
}

/// A small generator of pseudo-random numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

struct Writer<'k> {
    dice: Dice,
    k: &'k Recorder,
    batch: usize,
    buffers: Vec<Buffer>,
    slots: Vec<BufferId>,
    offset: usize,
    /// Open loops: variable, how often at most (with padding), whether they count the rows, whether they have lanes.
    loops: Vec<(LoopVariable, usize, bool, bool)>,
}

impl<'k> Writer<'k> {
    /// Up to three loops inside each other, with statements at every level.
    fn nest(&mut self) {
        let depth = 1 + self.dice.below(3);
        let lanes = self.dice.below(depth + 1);
        self.level(depth, lanes, &mut vec![]);
    }

    fn level(&mut self, depth: usize, lanes: usize, values: &mut Vec<Value<'k>>) {
        let k = self.k;
        let outermost = self.loops.is_empty();
        let (extent, most) = if self.dice.once_in(2) {
            (Extent::Batch, self.batch)
        } else {
            let n = 1 + self.dice.below(37);
            (Extent::Fixed(n), n)
        };
        let mut over = Loop::over(extent);
        let mut most = most;
        let has_lanes = depth == lanes;
        let padded = has_lanes && self.dice.once_in(3);
        if has_lanes {
            over = over.lanes();
        }
        if padded {
            over = over.padded_lanes();
            most = most.next_multiple_of(k.float().padding());
        }
        if outermost {
            over = over.parallel();
        }
        let running = (!padded && !outermost).then(|| {
            let reducer =
                self.dice.pick(&[Reducer::Sum, Reducer::Sum, Reducer::Product, Reducer::Maximum, Reducer::Minimum]);
            (reducer, k.accumulate(reducer, k.number(0.5)))
        });
        let latest =
            (!has_lanes && !outermost && self.dice.once_in(2)).then(|| k.accumulate(Reducer::Replace, k.number(1.0)));
        // A long loop may be cut: the pieces' totals are summed apart.
        let size = self.dice.pick(&[3, 16, 32]);
        if !padded && !outermost && self.dice.once_in(2) {
            let total = running.filter(|r| r.0 == Reducer::Sum).map(|r| r.1);
            k.for_each(Loop::over(extent).pieces(size), |piece| {
                let part = k.sum();
                k.for_each(over.within(piece, size), |variable| {
                    self.loops.push((variable, most, extent == Extent::Batch, has_lanes));
                    let value = self.load();
                    part.put(value);
                    self.loops.pop();
                });
                total.iter().for_each(|total| total.put(part.total()));
            });
        }
        k.for_each(over, |variable| {
            self.loops.push((variable, most, extent == Extent::Batch && !padded, has_lanes));
            let mut values = values.clone();
            for _ in 0..1 + self.dice.below(3) {
                let loaded = self.load();
                values.push(loaded);
            }
            self.compute(&mut values);
            if 1 < depth {
                self.level(depth - 1, lanes, &mut values);
                self.compute(&mut values);
            }
            if let Some((reducer, running)) = running {
                let value = self.dice.pick(&values);
                match reducer {
                    Reducer::Sum if self.dice.once_in(2) => running.put_product(value, self.dice.pick(&values)),
                    _ => running.put(value),
                }
            }
            if let Some(latest) = latest {
                let next = latest.total() * k.number(0.5) + self.dice.pick(&values);
                latest.put(next);
            }
            if self.dice.once_in(2) || 1 == depth {
                let value = self.dice.pick(&values);
                self.store(value);
            }
            self.loops.pop();
        });
        values.extend(running.map(|r| r.1.total()));
        values.extend(latest.map(|l| l.total()));
    }

    fn buffer(&mut self, element: Element, elements: usize) -> BufferId {
        let place = Location::Arena { offset: self.offset };
        self.offset += (elements * element.bytes()).next_multiple_of(ROW_BYTES);
        self.declare(element, elements, place)
    }

    fn declare(&mut self, element: Element, elements: usize, place: Location) -> BufferId {
        let name = format!("b{}", self.buffers.len());
        let role = if matches!(place, Location::Arena { .. }) { Role::State } else { Role::Data };
        self.buffers.push(Buffer { name, element, elements, place, role, overwrites: None });
        BufferId(self.buffers.len() as u32 - 1)
    }

    /// A random function of the open loops, and the least and largest value it takes.
    fn index(&mut self) -> (Affine, i64, i64) {
        let (mut index, mut low, mut high) = (Affine::default(), 0, 0);
        for (variable, most, _, lanes) in self.loops.clone() {
            let factor = match self.dice.below(8) {
                0 | 1 => 0,
                2..=4 if lanes => 1,
                2 | 3 => most as i64,
                4 => -1,
                5 => 3,
                _ => 1,
            };
            index = index + Affine::from(variable) * factor;
            let end = factor * (most as i64 - 1);
            (low, high) = (low + end.min(0), high + end.max(0));
        }
        (index, low, high)
    }

    fn load(&mut self) -> Value<'k> {
        let k = self.k;
        let element = self.dice.pick(&[Element::F32, Element::F32, Element::F64]);
        let (index, low, high) = self.index();
        let room = (high - low + 1) as usize;
        match self.dice.below(9) {
            // Guarded: the buffer has the middle only.
            0 | 1 => {
                let cut = (room / 4) as i64;
                let buffer = self.buffer(element, (room as i64 - 2 * cut) as usize);
                let at = index.clone() - low - cut;
                k.load(Access::new(buffer, at.clone()).within(at, 0, room as i64 - 2 * cut))
            }
            // Through a quotient and a remainder.
            2 => {
                let divisor = 1 + self.dice.below(7);
                let (quotient, remainder) = k.divide(index - low, divisor);
                let buffer = self.buffer(element, room + divisor * divisor);
                k.load(Access::new(buffer, remainder * (1 + (room / divisor) as i64) + quotient))
            }
            // A row that a register chooses, of a table or of memory; in range or not.
            3 => {
                let row = self.integers();
                let elements = room + self.dice.below(3);
                if self.dice.once_in(2) {
                    let table = self.external(element, elements, false);
                    k.load(Access::new(table, index - low).row(row, elements, 1))
                } else {
                    let count = 1 + self.dice.below(9);
                    let buffer = self.buffer(element, elements * count);
                    k.load(Access::new(buffer, index - low).row(row, elements, count))
                }
            }
            // A window of the data.
            4 => match self.loops.iter().find(|l| l.2).copied() {
                None => k.number(1.5),
                Some((row, ..)) => {
                    let factor = index.coefficient(row);
                    let rest = index - Affine::from(row) * factor;
                    let elements = room;
                    let window = self.external(element, elements, true);
                    let low = low.min(low - factor * (self.batch as i64 - 1));
                    let rest = rest - low.min(0);
                    let most = self.reach(&rest);
                    self.buffers[window.0 as usize].elements = elements.max(most as usize + 1);
                    let elements = self.buffers[window.0 as usize].elements as i64;
                    k.load(Access::new(window, row * elements + rest))
                }
            },
            5 => Lanes::from_integer(self.integers()),
            _ => {
                let buffer = self.buffer(element, room);
                k.load(Access::new(buffer, index - low))
            }
        }
    }

    fn reach(&self, index: &Affine) -> i64 {
        let most = |v: LoopVariable| self.loops.iter().find(|l| l.0 == v).map_or(0, |l| l.1 as i64 - 1);
        index.constant + index.terms.iter().map(|&(v, c)| (c * most(v)).max(0)).sum::<i64>()
    }

    fn external(&mut self, element: Element, elements: usize, window: bool) -> BufferId {
        let slot = self.slots.len() as u32;
        let id =
            self.declare(element, elements, if window { Location::Window { slot } } else { Location::Table { slot } });
        self.slots.push(id);
        id
    }

    fn integers(&mut self) -> Integers<'k> {
        let k = self.k;
        let (index, low, high) = self.index();
        match self.dice.below(4) {
            0 => k.index(index),
            1 => k.index(index).multiply_high(k.integer(0x9e37_79b9)).shift_right_logical(3),
            _ => {
                let element = self.dice.pick(&[Element::I32, Element::U32]);
                let buffer = self.buffer(element, (high - low + 1) as usize);
                k.load_integer(Access::new(buffer, index - low)) & k.integer(0xffff)
            }
        }
    }

    fn truth(&mut self, values: &[Value<'k>]) -> Truth<'k> {
        let (a, b) = (self.dice.pick(values), self.dice.pick(values));
        match self.dice.below(6) {
            0 => a.less(b),
            1 => a.less_equal(b),
            2 => a.equal(a) & !b.less(a),
            3 => a.less(b) | b.equal(a),
            4 => self.integers().less(self.k.integer(20)),
            _ => self.integers().equal(self.k.integer(7)),
        }
    }

    fn compute(&mut self, values: &mut Vec<Value<'k>>) {
        let k = self.k;
        for _ in 0..self.dice.below(6) {
            let (a, b, c) = (self.dice.pick(values), self.dice.pick(values), self.dice.pick(values));
            let small = || Lanes::select(a.equal(a), k.number(-9e3).max(a).min(k.number(9e3)), b.constant(0.25));
            values.push(match self.dice.below(22) {
                0 => a + b,
                1 => a - b,
                2 => a * b,
                3 => a / b,
                4 => -a,
                5 => a.abs(),
                6 => a.abs().sqrt(),
                7 => a.min(b),
                8 => a.max(b),
                9 => a.floor(),
                10 => a.round_even(),
                11 => a.copy_sign(b),
                12 => a.mul_add(b, c),
                13 => a.reciprocal(),
                14 => a.abs().rsqrt(),
                15 => {
                    let mask = self.truth(values);
                    Lanes::select(mask, a, b)
                }
                16 => {
                    let whole = small().floor().to_integer();
                    Lanes::from_integer((whole.shift_left(2) ^ whole.shift_right(1)) - self.integers())
                }
                // Of a number that is not small, lest a denormal come out, which counts as zero here and there.
                17 => Lanes::from_bits((k.number(1.0).max(small()).to_bits() & k.integer(-256)) | k.integer(16)),
                18 => {
                    let mask = self.truth(values);
                    let chosen = Integers::select(mask, self.integers(), self.integers().multiply(k.integer(-3)));
                    Lanes::from_integer(chosen)
                }
                19 => self.call(small(), b),
                _ => k.number(self.dice.below(100) as f64 / 16.0 - 3.0).mul_add(a, b),
            });
        }
    }

    fn call(&mut self, a: Value<'k>, b: Value<'k>) -> Value<'k> {
        extern "C" fn sine(x: f64) -> f64 {
            libm::sin(x)
        }
        extern "C" fn least(x: f64, y: f64) -> f64 {
            libm::fmin(x, y)
        }
        extern "C" fn sine_f32(x: f32) -> f32 {
            libm::sinf(x)
        }
        extern "C" fn least_f32(x: f32, y: f32) -> f32 {
            libm::fminf(x, y)
        }
        let (one, two) = match self.k.float() {
            Float::F32 => (ScalarCode::F32(sine_f32), ScalarCode::F32Pair(least_f32)),
            Float::F64 => (ScalarCode::F64(sine), ScalarCode::F64Pair(least)),
        };
        match self.dice.once_in(2) {
            true => self.k.call(ScalarFunction { name: "sine", code: one }, &[a]),
            false => self.k.call(ScalarFunction { name: "least", code: two }, &[a, b]),
        }
    }

    /// Into a new buffer, each iteration at a place of its own; the order of the axes is random.
    fn store(&mut self, value: Value<'k>) {
        let k = self.k;
        let mut loops = self.loops.clone();
        for at in (1..loops.len()).rev() {
            loops.swap(at, self.dice.below(at + 1));
        }
        let (mut index, mut room) = (Affine::default(), 1);
        for (variable, most, ..) in loops {
            index = index + Affine::from(variable) * room as i64;
            room *= most;
        }
        let element = self.dice.pick(&[Element::F32, Element::F64]);
        let buffer = self.buffer(element, room);
        match self.dice.below(4) {
            0 => k.add(Access::new(buffer, index), value),
            1 => k.store(Access::new(buffer, index.clone()).within(index, 1, room as i64 - 1), value),
            2 => {
                let mask = value.less(k.number(0.0));
                let buffer = self.buffer(Element::I32, room);
                k.store_integer(Access::new(buffer, index), Integers::select(mask, k.integer(1), k.integer(0)));
            }
            _ => k.store(Access::new(buffer, index), value),
        }
    }
}
