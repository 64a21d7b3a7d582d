//! Texts that no one would write, each a function of a seed and a number: random bytes, and real programs with a few changes.
use gradus::random::{Purpose, Stream};
use std::path::Path;

/// Random numbers of one text.
pub struct Random {
    stream: Stream,
    drawn: u64,
}

impl Random {
    pub fn new(seed: u64, case: u64) -> Random {
        Random { stream: Stream::new(seed, Purpose::Generated, case), drawn: 0 }
    }
    pub fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        self.stream.word(self.drawn) as usize % bound.max(1)
    }
    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// What is changed: first whole files (the examples, the prelude), then the programs by which the codes of errors are explained.
pub struct Programs {
    texts: Vec<String>,
    files: usize,
}

pub fn programs() -> Programs {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = vec![];
    for folder in ["examples", "benches/models", "src/prelude"] {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "nn"));
        paths.sort();
        all.extend(paths.iter().map(|path| std::fs::read_to_string(path).unwrap()));
    }
    let files = all.len();
    for explanation in gradus::pipeline::explanations() {
        all.extend([explanation.wrong.to_string(), explanation.right.to_string()]);
    }
    Programs { texts: all, files }
}

/// The text of a case: one in eight is bytes, one in eight tokens of all programs in any order, the rest are programs with changes.
pub fn text(seed: u64, case: u64, programs: &Programs) -> String {
    let mut random = Random::new(seed, case);
    match random.below(8) {
        0 => bytes(&mut random),
        1 => {
            let count = random.below(100);
            (0..count).map(|_| piece(&mut random, programs)).collect()
        }
        _ => {
            let among = if random.below(2) == 0 { programs.texts.len() } else { programs.files };
            let mut text = programs.texts[random.below(among)].clone();
            let changes = 1 + random.below(4);
            for _ in 0..changes {
                text = changed(&text, &mut random, programs);
            }
            text
        }
    }
}

/// A file may hold anything; what is no UTF-8 is refused before it is read, so it is made UTF-8 here.
fn bytes(random: &mut Random) -> String {
    let count = random.below(200);
    let bytes: Vec<u8> = (0..count).map(|_| random.below(256) as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Words, numbers, spaces, line ends, signs.
pub fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        ' ' => 1,
        _ => 2,
    };
    let mut all = vec![];
    let mut start = 0;
    for (at, c) in text.char_indices().skip(1) {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        if class(before) != class(c) || class(c) == 2 {
            all.push(&text[start..at]);
            start = at;
        }
    }
    all.push(&text[start..]);
    all
}

fn piece<'a>(random: &mut Random, programs: &'a Programs) -> &'a str {
    let program = &programs.texts[random.below(programs.texts.len())];
    let all = tokens(program);
    all[random.below(all.len())]
}

const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "0.5",
    "1e308",
    "100000000",
    "4294967296",
    "9223372036854775807",
    "1e-320",
    "99999999999999999999999999",
];
/// What opens and closes, for nesting.
const NESTS: [(&str, &str); 14] = [
    ("(", ")"),
    ("[", "]"),
    ("-", ""),
    ("not ", ""),
    ("sin(", ")"),
    ("sum([", "])"),
    ("if x > 0 then 1 else ", ""),
    ("x^", ""),
    ("2 ", ""),
    ("fold v in x with h = 0 { ", " }"),
    ("for v in x { ", " }"),
    ("repeat d in 0..9 with h = x { ", " }"),
    ("grad(", ", x)"),
    ("dense(", ", 3)"),
];
const DEPTHS: [usize; 6] = [2, 5, 20, 130, 300, 2000];
/// Constructs that are rare in the programs.
const PHRASES: [&str; 24] = [
    "[0..100000000]",
    "repeat i in 0..100000000 with h = x { h }",
    "zeros([100000, 100000, 100000])",
    "x[-1]",
    "x[.., 0]",
    "input q: [1000000, 1000000]\n",
    "param p: [70000, 70000]\n",
    "for i in 0..1000000 { i }",
    "split(x, 2)",
    "weights",
    "params",
    "conv1d(x, 8, 3)",
    "max_pool1d(x, 2)",
    "softmax(x)",
    "grad(loss, x)",
    "hessian(loss, x)",
    "batch_mean(x)",
    "stack(x, x)",
    "transpose(x)",
    "fold i in 0..100000000 with h = 0 { h + i }",
    "linspace(0, 1, 100000000)",
    "reverse(x)",
    "x' x",
    "∂loss/∂x = 1\n",
];

fn changed(text: &str, random: &mut Random, programs: &Programs) -> String {
    let choice = random.below(16);
    if choice < 2 {
        let mut bytes = text.as_bytes().to_vec();
        let here = random.below(bytes.len());
        match random.below(3) {
            0 if !bytes.is_empty() => drop(bytes.remove(here)),
            1 => bytes.insert(here, random.below(256) as u8),
            _ => bytes.iter_mut().skip(here).take(1).for_each(|b| *b ^= 1 << (here % 8)),
        }
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    if choice < 5 {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.is_empty() {
            return text.to_string();
        }
        let (here, there) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(3) {
            0 => drop(lines.remove(here)),
            1 => lines.insert(here, lines[there]),
            _ => lines.swap(here, there),
        }
        return lines.concat();
    }
    let mut pieces: Vec<&str> = tokens(text);
    if pieces.is_empty() {
        return text.to_string();
    }
    let (here, there) = (random.below(pieces.len()), random.below(pieces.len()));
    let numbers: Vec<usize> =
        (0..pieces.len()).filter(|&i| pieces[i].starts_with(|c: char| c.is_ascii_digit())).collect();
    match choice {
        5 | 6 => drop(pieces.remove(here)),
        7 => pieces.insert(here, pieces[there]),
        8 | 9 => pieces.swap(here, there),
        10 | 11 => pieces.insert(here, piece(random, programs)),
        12 if !numbers.is_empty() => pieces[numbers[random.below(numbers.len())]] = random.one_of(&NUMBERS),
        13 => pieces.insert(here, random.one_of(&PHRASES)),
        14 => {
            let (open, close) = NESTS[random.below(NESTS.len())];
            let depth = DEPTHS[random.below(DEPTHS.len())];
            let end = (here + random.below(6)).min(pieces.len());
            let inside = pieces[here..end].concat();
            let nested = format!("{}{inside}{}", open.repeat(depth), close.repeat(depth));
            return [pieces[..here].concat(), nested, pieces[end..].concat()].concat();
        }
        _ => pieces[here] = random.one_of(&["x", "y", "w", "loss", "\n", " ", "1", "(", ")", "[", "]", "{", "}", "'"]),
    }
    pieces.concat()
}
