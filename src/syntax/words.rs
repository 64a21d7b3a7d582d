//! Words that are words by where they stand, and what each needs after it.
use super::token::Token;

/// What stands after a name on its line; it decides whether the name begins a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    Name,
    /// What else begins a value, apart from the name.
    Value,
    Text,
    Brace,
    Other,
}

/// The token of a word that begins a statement; none where it is a name like any other.
pub fn statement_word(name: &str, after: After) -> Option<Token> {
    Some(match (name, after) {
        ("input" | "target" | "param" | "state", After::Name) => Token::Declare,
        ("output", After::Name) => Token::Output,
        ("metric", After::Name) => Token::Metric,
        ("fn" | "layer" | "model" | "optimizer", After::Name) => Token::Define,
        ("require", After::Name | After::Value) => Token::Require,
        ("use", After::Text) => Token::Use,
        ("data", After::Brace | After::Text) | ("train", After::Brace) => Token::Section,
        _ => return None,
    })
}

/// What a word needs to begin a statement, and an example.
pub struct Need {
    pub what: &'static str,
    pub example: &'static str,
}

pub fn need(word: &str) -> Option<Need> {
    let (what, example) = match word {
        "input" => ("a name", "input x: [4]"),
        "target" => ("a name", "target t: class(3)"),
        "param" => ("a name", "param w: [3, 4]"),
        "state" => ("a name", "state v: [n] = 0"),
        "output" => ("a name", "output y, code = h"),
        "metric" => ("a name", "metric accuracy = argmax(y) == t"),
        "fn" => ("a name", "fn swish(x) = x * sigmoid(x)"),
        "layer" => ("a name", "layer dense(x: [n], m) { … }"),
        "model" => ("a name", "model u(x) { … }"),
        "optimizer" => ("a name", "optimizer descent(w, g, rate = 0.01) { w <- w - rate g }"),
        "require" => ("a condition", "require 0 <= rate < 1, \"the share that is left out\""),
        "use" => ("a file in quotes", "use \"blocks.nn\""),
        "data" => ("a block, or a file in quotes", "data \"iris.csv\" { … }"),
        "train" => ("a block", "train { minimize loss }"),
        _ => return None,
    };
    Some(Need { what, example })
}

/// How a statement is read that begins with a word of another language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meant {
    /// As if the word were not there.
    Nothing,
    /// As if it were `fn`.
    Fn,
    /// As if it were `require`.
    Require,
    /// As if it were `use`, where a file stands behind it.
    Use,
    /// As if it were this word of a declaration.
    Declare(&'static str),
    /// Not at all.
    Lost,
}

/// A word with which statements of other languages begin.
pub struct ForeignWord {
    pub meant: Meant,
    pub help: &'static str,
}

/// The word of a declaration that another tool's word means.
pub fn declaring(word: &str) -> Option<&'static str> {
    Some(match word {
        "inputs" | "feature" | "features" => "input",
        "targets" | "label" | "labels" => "target",
        "weight" | "weights" | "variable" | "parameter" | "parameters" => "param",
        _ => return None,
    })
}

pub fn foreign_word(word: &str) -> Option<ForeignWord> {
    let (meant, help) = match word {
        "let" | "var" | "const" | "val" | "mut" | "auto" | "int" | "float" | "double" => {
            (Meant::Nothing, "a binding has no word before it: `name = …`")
        }
        "return" => (Meant::Nothing, "a block's value is its last line, with no word before it"),
        "def" | "function" | "func" | "define" | "fun" | "proc" => {
            (Meant::Fn, "a function is `fn name(x) = …` or `fn name(x) { … }`")
        }
        "elif" | "elsif" | "switch" | "try" | "except" => {
            (Meant::Lost, "a choice is a value: `y = if c then a else b`")
        }
        "while" | "foreach" | "loop" => (Meant::Lost, "a loop is `for v in xs { … }`; `fold` and `scan` carry a state"),
        "import" | "from" | "include" | "require" => {
            (Meant::Lost, "another file's parts come with `use \"blocks.nn\"`")
        }
        "assert" | "ensure" | "requires" => (Meant::Require, "what has to hold is said by `require`"),
        "class" | "module" | "network" | "net" => {
            (Meant::Lost, "a part with parameters of its own is a `layer` or a `model`")
        }
        _ if let Some(word) = declaring(word) => {
            (Meant::Declare(word), "a declaration begins with `input`, `target` or `param`")
        }
        "print" => (Meant::Lost, "what is worth seeing is a `metric name = …` or an `output`"),
        _ => return None,
    };
    Some(ForeignWord { meant, help })
}
