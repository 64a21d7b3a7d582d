//! Lines of sections as other tools and other tongues have them, and the line that is meant.
use super::tree::SectionKind;

/// What a `stop` line says of the value that it watches, and how it is written here.
const TURNS: &[(&[&str], &str)] = &[
    (&["improved", "improve", "improves", "changed", "got better", "become better"], "improved"),
    (
        &["fallen", "fall", "falls", "decreased", "decrease", "decreases", "dropped", "drop", "gone down", "shrunk"],
        "fallen",
    ),
    (&["risen", "rise", "rises", "increased", "increase", "increases", "grown", "grow", "gone up"], "risen"),
];

/// The line of a section that is meant by one that is none.
pub fn meant_line(section: SectionKind, line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(';');
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let number = rest.rsplit([' ', '=']).next().filter(|last| last.parse::<f64>().is_ok());
    match (section, word) {
        (
            SectionKind::Train,
            "clip" | "clip_norm" | "clipnorm" | "grad_clip" | "gradient_clip" | "clip_grad_norm" | "max_grad_norm",
        ) => Some(format!("clip norm {}", number?)).filter(|meant| meant != line),
        (SectionKind::Train, "early_stopping" | "early_stop" | "earlystopping" | "patience") => {
            Some(format!("stop when validation.loss has not improved for {}", number.unwrap_or("10")))
        }
        (SectionKind::Train, "stop") => {
            let rest = rest.strip_suffix(" epochs").or_else(|| rest.strip_suffix(" epoch")).unwrap_or(rest);
            let meant = match rest.split_once(' ')? {
                ("after" | "at", count) if count.parse::<u32>().is_ok() => format!("epochs {count}"),
                ("when" | "if" | "once" | "unless" | "on", what) => match what.rsplit_once(" for ") {
                    Some((before, count)) => format!("stop when {} for {count}", watched(before)?),
                    None => format!("stop when {what}"),
                },
                _ => return None,
            };
            Some(meant).filter(|meant| meant != line)
        }
        (SectionKind::Data, "split" | "train_test_split") => {
            let share: f64 = number?.parse().ok()?;
            // Of the share that trains, or of the one that tests, the smaller is the latter.
            let test = share.min(1.0 - share);
            (test > 0.0).then(|| format!("test {}", (test * 1e6).round() / 1e6))
        }
        (SectionKind::Data, "sort" | "sorted" | "sort_by" | "order" | "order_by" | "arrange") => {
            let columns = rest.strip_prefix("by ").unwrap_or(rest);
            let columns: Vec<&str> = columns.trim_matches(['[', ']', '(', ')']).split(',').map(str::trim).collect();
            let is_name = |name: &&str| !name.is_empty() && *name != "by" && !name.contains([' ', '=', ':', '~', '(']);
            let meant = match &columns[..] {
                [one] => format!("order by {one}"),
                many => format!("order by [{}]", many.join(", ")),
            };
            Some(meant).filter(|meant| meant != line && columns.iter().all(is_name))
        }
        _ => None,
    }
}

/// A line whose word alone is another one.
pub fn meant_word(section: SectionKind, line: &str) -> Option<String> {
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let meant = match (section, word) {
        (SectionKind::Train, "learning_rate" | "lr" | "rate") if !rest.trim().is_empty() => {
            return Some(format!("optimizer adam(rate = {})", rest.trim()));
        }
        (SectionKind::Train, "batch_size" | "batchsize") => "batch",
        (SectionKind::Train, "n_epochs" | "num_epochs" | "nb_epoch" | "max_epochs") => "epochs",
        (SectionKind::Train, "iterations" | "max_steps") => "steps",
        (SectionKind::Train, "loss" | "objective") => "minimize",
        (SectionKind::Data, "normalize" | "normalise" | "standardise" | "scale") => "standardize",
        (SectionKind::Data, "val" | "valid" | "dev") => "validation",
        (SectionKind::Data, "impute" | "fillna") => "fill",
        _ => return None,
    };
    Some(format!("{meant}{rest}"))
}

/// `loss has not decreased` as `loss has not fallen`.
fn watched(text: &str) -> Option<String> {
    let (value, turn) = [" has not ", " does not ", " did not ", " not ", " hasn't ", " has no longer "]
        .iter()
        .find_map(|negation| text.split_once(negation))?;
    let (_, own) = TURNS.iter().find(|(words, _)| words.contains(&turn.trim()))?;
    Some(format!("{} has not {own}", value.trim()))
}

/// What to do where a word of another tool has no line of its own.
pub fn advice_on_line(section: SectionKind, word: &str) -> Option<&'static str> {
    Some(match (section, word) {
        (_, "shuffle") => {
            "rows are drawn in a new order in each epoch, and `test 0.2` takes rows by chance; `seed 7` chooses which"
        }
        (SectionKind::Data, "sort" | "order" | "sort_by" | "order_by") => {
            "rows stay in the order of the file; `test last 0.2` keeps the last ones"
        }
        (SectionKind::Data, "skiprows" | "header") => {
            "the first line with names is the header, and `x = price` takes a column by its name"
        }
        (SectionKind::Data, "drop" | "dropna" | "ignore") => {
            "`skip missing t` leaves rows without `t` out, `train where price > 0` others, and columns that no line names are not read"
        }
        (SectionKind::Data, "columns" | "usecols" | "features") => {
            "`x = all except price` or `x = [width, height]` names the columns of an input"
        }
        (SectionKind::Train, "device" | "gpu" | "cuda") => {
            "it runs on the processor; `--threads 2` says on how many of its cores"
        }
        (SectionKind::Train, "metrics" | "metric") => {
            "a metric stands above the section: `metric accuracy = argmax(y) == t`"
        }
        (SectionKind::Train, "weight_decay" | "decay" | "l2") => {
            "it is a setting of the optimizer: `optimizer adam(decay = 0.01)`"
        }
        (SectionKind::Train, "schedule" | "scheduler" | "lr_scheduler") => {
            "the rate is a formula: `optimizer adam(rate = cosine(0.01))`"
        }
        (SectionKind::Train, "momentum") => "it is an optimizer: `optimizer momentum(rate = 0.01, momentum = 0.9)`",
        (SectionKind::Train, "verbose" | "log" | "print") => "each epoch is told; `--quiet` tells less",
        (SectionKind::Train, "save" | "checkpoint") => {
            "`gradus run model.nn --save weights.safetensors` writes what was learned"
        }
        _ => return None,
    })
}
