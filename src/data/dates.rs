//! Dates and times as people write them: `2024-05-17`, `17.05.2024 12:30`, `5/17/24`, `Jan 5, 2024`, `2024Q1`, `2024-W05`, `12:30`.
//!
//! Only which of two is later is asked for: time zones and names of weekdays say nothing.

/// In which order the numbers of a date stand, where only numbers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    YearMonthDay,
    MonthDayYear,
    DayMonthYear,
}

impl Order {
    pub const ALL: [Order; 3] = [Order::YearMonthDay, Order::DayMonthYear, Order::MonthDayYear];
}

/// A moment: year, month (quarter, week), day, hour, minute, second and what follows. The later one is greater.
pub type Moment = [i64; 7];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WITHOUT_MEANING: [&str; 17] =
    ["t", "z", "utc", "gmt", "of", "at", "th", "st", "nd", "rd", "h", "년", "월", "일", "시", "분", "초"];

/// A number of a text, how many digits it has, and the sign before it.
#[derive(Clone, Copy)]
struct Part {
    value: i64,
    digits: usize,
    before: char,
}

/// What the letters of a date say.
#[derive(Default)]
struct Letters {
    month: Option<i64>,
    /// What a `q`, `w` or `m` stands before.
    counts: Option<char>,
    afternoon: Option<bool>,
}

/// The moment that a text says, with its numbers in this order; none if it is no date.
pub fn moment(word: &str, order: Order) -> Option<Moment> {
    let (mut parts, letters) = parts(word)?;
    let time_at = parts.iter().position(|part| part.before == ':').map_or(parts.len(), |at| at.saturating_sub(1));
    let mut time = parts.split_off(time_at);
    // What follows the three numbers of a date is the time, too.
    let of_date = if letters.month.is_some() || letters.counts.is_some() { 2 } else { 3 };
    if of_date < parts.len() {
        let rest = parts.split_off(of_date);
        time.splice(0..0, rest);
    }
    let [year, month, day] = date(&parts, &letters, order, !time.is_empty())?;
    if time.len() > 4 {
        return None;
    }
    let mut all = [year, month, day, 0, 0, 0, 0];
    all.iter_mut().skip(3).zip(&time).for_each(|(to, part)| *to = part.value);
    match letters.afternoon {
        Some(true) if all[3] < 12 => all[3] += 12,
        Some(false) if all[3] == 12 => all[3] = 0,
        _ => {}
    }
    (all[3] < 25 && all[4] < 60 && all[5] < 61).then_some(all)
}

fn date(parts: &[Part], letters: &Letters, order: Order, has_time: bool) -> Option<[i64; 3]> {
    let is_year = |part: &Part| part.digits == 4;
    let checked = |year: i64, month: i64, day: i64| {
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some([year, month, day])
    };
    if let Some(month) = letters.month {
        return match parts {
            [year] => checked(of_century(*year)?, month, 1),
            [year, day] if is_year(year) => checked(year.value, month, day.value),
            [day, year] => checked(of_century(*year)?, month, day.value),
            _ => None,
        };
    }
    if letters.counts.is_some() {
        return match parts {
            [year, number] if is_year(year) && number.digits < 3 => Some([year.value, number.value, 1]),
            [number, year] if is_year(year) && number.digits < 3 => Some([year.value, number.value, 1]),
            _ => None,
        };
    }
    match (parts, order) {
        ([], _) => has_time.then_some([0; 3]),
        ([year, month], _) if is_year(year) => checked(year.value, month.value, 1),
        ([month, year], _) if is_year(year) => checked(year.value, month.value, 1),
        ([year, month, day], Order::YearMonthDay) if !is_year(day) => {
            checked(of_century(*year)?, month.value, day.value)
        }
        ([month, day, year], Order::MonthDayYear) if !is_year(month) => {
            checked(of_century(*year)?, month.value, day.value)
        }
        ([day, month, year], Order::DayMonthYear) if !is_year(day) => {
            checked(of_century(*year)?, month.value, day.value)
        }
        _ => None,
    }
}

/// `24` is 2024, `70` is 1970.
fn of_century(year: Part) -> Option<i64> {
    match year.digits {
        4 => Some(year.value),
        2 if year.value < 69 => Some(2000 + year.value),
        2 => Some(1900 + year.value),
        _ => None,
    }
}

/// The numbers of a text, and what its letters say; none if they say something else.
fn parts(word: &str) -> Option<(Vec<Part>, Letters)> {
    let (mut parts, mut letters): (Vec<Part>, Letters) = (vec![], Letters::default());
    let mut rest = word.trim();
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let same = |c: char| c.is_ascii_digit() == first.is_ascii_digit() && c.is_alphabetic() == first.is_alphabetic();
        let length = if first.is_alphanumeric() {
            rest.find(|c: char| !same(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        if first.is_ascii_digit() {
            // Behind the time stands its zone.
            let in_time = parts.iter().any(|part| part.before == ':');
            if !(in_time && matches!(before, '+' | '-')) {
                parts.push(Part { value: token.parse().ok()?, digits: token.len(), before });
            }
        } else if first.is_alphabetic() {
            let token = token.to_lowercase();
            let is_of = |names: &[&str]| {
                let is_it = |name: &&str| {
                    token == *name
                        || token.len() > 3
                            && token.is_char_boundary(3)
                            && token[..3] == **name
                            && token.chars().all(char::is_alphabetic)
                };
                names.iter().position(is_it)
            };
            match (token.as_str(), is_of(&MONTHS), is_of(&WEEKDAYS)) {
                ("am" | "오전", ..) => letters.afternoon = Some(false),
                ("pm" | "오후", ..) => letters.afternoon = Some(true),
                ("q" | "w" | "m", ..) => letters.counts = token.chars().next(),
                (_, Some(month), _) if letters.month.is_none() => letters.month = Some(month as i64 + 1),
                (_, _, Some(_)) => {}
                (other, ..) if WITHOUT_MEANING.contains(&other) => {}
                _ => return None,
            }
        } else if !matches!(first, ' ' | '-' | '/' | '.' | ':' | ',' | '+' | '\'') {
            return None;
        }
        before = if first.is_ascii_digit() || first.is_alphabetic() { ' ' } else { first };
        rest = behind;
    }
    let says_a_date = letters.month.is_some() || parts.len() > 1;
    says_a_date.then_some((parts, letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        let day = [2024, 1, 31, 0, 0, 0, 0];
        for word in [
            "2024-01-31",
            "2024/01/31",
            "2024.1.31",
            "31 Jan 2024",
            "Jan 31, 2024",
            "31-Jan-2024",
            "Wed 2024-01-31",
            "31 January 2024",
            "2024년 1월 31일",
            "2024-01-31T00:00:00Z",
            "2024-01-31 00:00:00+09:00",
            "January 31st, 2024",
        ] {
            assert_eq!(moment(word, Order::YearMonthDay), Some(day), "{word}");
        }
        for word in ["01/31/2024", "1/31/24", "1-31-2024"] {
            assert_eq!(moment(word, Order::MonthDayYear), Some(day), "{word}");
            assert_eq!(moment(word, Order::DayMonthYear), None, "{word}");
        }
        for word in ["31/01/2024", "31.1.24", "31-01-2024"] {
            assert_eq!(moment(word, Order::DayMonthYear), Some(day), "{word}");
        }
        let exact = Some([2024, 1, 31, 12, 30, 15, 250]);
        assert_eq!(moment("2024-01-31 12:30:15.250", Order::YearMonthDay), exact);
        for (word, wanted) in [
            ("01/31/2024 02:05 PM", [2024, 1, 31, 14, 5, 0, 0]),
            ("2024Q3", [2024, 3, 1, 0, 0, 0, 0]),
            ("Q3 2024", [2024, 3, 1, 0, 0, 0, 0]),
            ("1970 Q1", [1970, 1, 1, 0, 0, 0, 0]),
            ("2024-W05", [2024, 5, 1, 0, 0, 0, 0]),
            ("2024M01", [2024, 1, 1, 0, 0, 0, 0]),
            ("Jan 2024", [2024, 1, 1, 0, 0, 0, 0]),
            ("Jan-24", [2024, 1, 1, 0, 0, 0, 0]),
            ("1991 Jul", [1991, 7, 1, 0, 0, 0, 0]),
            ("01/2024", [2024, 1, 1, 0, 0, 0, 0]),
            ("12:30", [0, 0, 0, 12, 30, 0, 0]),
        ] {
            assert_eq!(moment(word, Order::MonthDayYear), Some(wanted), "{word}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for word in [
            "",
            "3/7",
            "1.2.3",
            "house 12",
            "2024",
            "12",
            "10 kg",
            "a-b",
            "99/99/2024",
            "2024-13-01",
            "1,234",
            "market 2024 x",
        ] {
            for order in Order::ALL {
                assert_eq!(moment(word, order), None, "{word}");
            }
        }
    }
}
