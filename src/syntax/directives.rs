//! The directives of `data` and `train` sections: which there are, their phrases, and in which forms they may stand.
use super::tree::{Directive, SectionKind};

/// One directive. `forms` is what is shown to whoever spells it wrong.
pub struct DirectiveRule {
    pub section: SectionKind,
    pub word: &'static str,
    pub forms: &'static [Form],
}

/// One way to write a directive.
pub struct Form {
    /// How many values follow the word.
    values: Many,
    /// The phrases behind them, in order, and how many values follow each.
    phrases: &'static [(&'static str, Many)],
    pub example: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Many {
    None,
    One,
    Some,
}

const fn form(values: Many, phrases: &'static [(&'static str, Many)], example: &'static str) -> Form {
    Form { values, phrases, example }
}
const fn data(word: &'static str, forms: &'static [Form]) -> DirectiveRule {
    DirectiveRule { section: SectionKind::Data, word, forms }
}
const fn train(word: &'static str, forms: &'static [Form]) -> DirectiveRule {
    DirectiveRule { section: SectionKind::Train, word, forms }
}

#[rustfmt::skip]
static DIRECTIVES: &[DirectiveRule] = &[
    data("standardize", &[form(Many::Some, &[], "standardize x, t")]),
    data("fill", &[form(Many::Some, &[("with", Many::One)], "fill x with mean")]),
    data("skip", &[form(Many::None, &[("missing", Many::Some)], "skip missing t")]),
    data("order", &[form(Many::None, &[("by", Many::One)], "order by [shop, date]")]),
    data("train", &[form(Many::None, &[("where", Many::One)], "train where quality > 0")]),
    data("test", &[
        form(Many::One, &[], "test 0.2"), form(Many::None, &[("last", Many::One)], "test last 0.2"),
        form(Many::None, &[("by", Many::One)], "test by fold == 3"), form(Many::One, &[("by", Many::One)], "test 0.2 by person"),
        form(Many::One, &[], "test \"later.csv\""),
    ]),
    data("validation", &[
        form(Many::One, &[], "validation 0.1"), form(Many::None, &[("last", Many::One)], "validation last 0.1"),
        form(Many::None, &[("by", Many::One)], "validation by fold == 4"), form(Many::One, &[("by", Many::One)], "validation 0.1 by person"),
        form(Many::One, &[], "validation \"other.csv\""),
    ]),
    data("split", &[form(Many::None, &[("seed", Many::One)], "split seed 7")]),
    data("window", &[
        form(Many::One, &[], "window 25"),
        form(Many::One, &[("step", Many::One)], "window 25 step 5"),
        form(Many::None, &[("by", Many::One)], "window by person"),
        form(Many::One, &[("by", Many::One)], "window 100 by person"),
        form(Many::One, &[("by", Many::One), ("step", Many::One)], "window 100 by person step 50"),
    ]),
    data("rows", &[form(Many::One, &[], "rows 2000")]),
    // The second form is read as a binding.
    data("weight", &[
        form(Many::None, &[("balanced", Many::One)], "weight balanced t"), form(Many::None, &[("=", Many::One)], "weight = column"),
    ]),
    data("same", &[form(Many::None, &[("classes", Many::Some)], "same classes p, q")]),
    train("minimize", &[form(Many::One, &[], "minimize loss")]),
    train("optimizer", &[
        form(Many::One, &[], "optimizer adam(rate = 1e-3)"),
        form(Many::One, &[("for", Many::Some)], "optimizer sgd(rate = 1e-4) for features"),
    ]),
    train("batch", &[form(Many::One, &[], "batch 32"), form(Many::One, &[], "batch all")]),
    train("epochs", &[form(Many::One, &[], "epochs 60")]),
    train("steps", &[form(Many::One, &[], "steps 1000")]),
    train("seed", &[form(Many::One, &[], "seed 7")]),
    train("precision", &[form(Many::One, &[], "precision f64")]),
    train("clip", &[form(Many::None, &[("norm", Many::One)], "clip norm 1")]),
    train("freeze", &[form(Many::Some, &[], "freeze features")]),
    train("start", &[form(Many::One, &[], "start \"base.safetensors\"")]),
    train("stop", &[
        form(Many::None, &[("when", Many::One), ("has not improved for", Many::One)], "stop when validation.loss has not improved for 10"),
        form(Many::None, &[("when", Many::One), ("has not fallen for", Many::One)], "stop when validation.rmse has not fallen for 10"),
        form(Many::None, &[("when", Many::One), ("has not risen for", Many::One)], "stop when validation.score has not risen for 10"),
        form(Many::None, &[("when", Many::One)], "stop when validation.loss < 0.1"),
    ]),
];

impl DirectiveRule {
    pub fn of(section: SectionKind, word: &str) -> Option<&'static DirectiveRule> {
        DIRECTIVES.iter().find(|rule| rule.section == section && rule.word == word)
    }

    /// Is the directive written in one of the forms?
    pub fn allows(&self, directive: &Directive) -> bool {
        self.forms.iter().any(|form| form.fits(directive))
    }

    /// May words stand between its values?
    pub fn has_phrases(&self) -> bool {
        self.forms.iter().any(|form| !form.phrases.is_empty())
    }

    /// "as in `test 0.2` or `test last 0.2`"
    pub fn help(&self) -> String {
        let examples: Vec<String> = self.forms.iter().map(|form| format!("`{}`", form.example)).collect();
        match examples.split_last() {
            Some((last, [])) => format!("as in {last}"),
            Some((last, rest)) => format!("as in {} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}

/// The words of all directives of a section, as they are listed to whoever misses one.
pub fn words(section: SectionKind) -> Vec<&'static str> {
    DIRECTIVES.iter().filter(|rule| rule.section == section).map(|rule| rule.word).collect()
}

/// The phrases that may stand in a directive that begins with this word, each as its words.
pub fn phrases(section: SectionKind, word: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let forms = DirectiveRule::of(section, word).map_or(&[][..], |rule| rule.forms);
    forms.iter().flat_map(|form| form.phrases).map(|(phrase, _)| phrase.split(' ').collect())
}

impl Form {
    fn fits(&self, directive: &Directive) -> bool {
        self.values.fits(directive.values.len())
            && self.phrases.len() == directive.phrases.len()
            && (self.phrases.iter().zip(&directive.phrases))
                .all(|((words, many), phrase)| *words == phrase.words.name && many.fits(phrase.values.len()))
    }
}

impl Many {
    fn fits(self, count: usize) -> bool {
        match self {
            Many::None => count == 0,
            Many::One => count == 1,
            Many::Some => 1 <= count,
        }
    }
}
