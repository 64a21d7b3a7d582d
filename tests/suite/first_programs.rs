//! `gradus new` for files as people have them: what it predicts, what it leaves out, and that the program runs.
use std::path::Path;
use std::process::{Command, Output};

fn gradus(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradus")).args(arguments).current_dir(folder).output().unwrap()
}

/// The program that is written for this file, which runs; else what was said.
fn written(name: &str, text: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join(name), text).unwrap();
    let new = gradus(at, &["new", name]);
    if !new.status.success() {
        return Err(String::from_utf8(new.stderr).unwrap());
    }
    let program = Path::new(name).with_extension("nn").display().to_string();
    let run = gradus(at, &["run", &program, "--epochs", "3"]);
    assert!(run.status.success(), "{name}: {}\n{text}", String::from_utf8_lossy(&run.stderr));
    Ok(std::fs::read_to_string(at.join(program)).unwrap())
}

fn wave(row: usize) -> f64 {
    20.0 + 5.0 * (row as f64 / 3.0).sin() + (row * 7 % 5) as f64 / 10.0
}

#[test]
fn a_series_is_one_however_its_dates_are_written() {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    type Written = (&'static str, fn(usize) -> String);
    let dates: [Written; 9] = [
        ("date", |row| format!("2023-{:02}-{:02}", row / 28 + 1, row % 28 + 1)),
        ("when", |row| format!("{}/{}/2023", row / 28 + 1, row % 28 + 1)),
        ("when", |row| format!("{}.{}.23", row % 28 + 1, row / 28 + 1)),
        ("month", |row| format!("{} {}", MONTHS[row % 12], 1950 + row / 12)),
        ("period", |row| format!("{}Q{}", 1950 + row / 4, row % 4 + 1)),
        ("year,quarter", |row| format!("{},{}", 1950 + row / 4, row % 4 + 1)),
        ("date,hour", |row| format!("2023-01-{:02},{}", row / 24 + 1, row % 24)),
        ("ts", |row| (1_700_000_000 + 3600 * row).to_string()),
        ("", |row| row.to_string()),
    ];
    for (header, date) in dates {
        let rows: String = (0..90).map(|row| format!("{},{}\n", date(row), wave(row))).collect();
        let program = written("d.csv", &format!("{header},level\n{rows}")).unwrap();
        assert!(program.contains("window ") && program.contains("test last 0.2"), "{header}: {program}");
        assert!(program.contains("level[0..") && !program.contains("onehot"), "{header}: {program}");
    }
    let backwards: String =
        (0..90).rev().map(|row| format!("2023-{:02}-{:02},{}\n", row / 28 + 1, row % 28 + 1, wave(row))).collect();
    assert!(written("d.csv", &format!("date,level\n{backwards}")).unwrap().contains("order by date"));
}

#[test]
fn what_is_missing_in_a_series_is_as_before() {
    let level = |row: usize| if row % 11 == 5 { String::new() } else { wave(row).to_string() };
    let rows: String =
        (0..90).map(|row| format!("2023-{:02}-{:02},{}\n", row / 28 + 1, row % 28 + 1, level(row))).collect();
    let program = written("d.csv", &format!("date,level\n{rows}")).unwrap();
    assert!(program.contains("fill level with previous"), "{program}");
}

#[test]
fn shops_and_recordings_stay_together() {
    let shop = |shop: usize| (0..30).map(move |day| format!("s{shop},2023-01-{:02},{}\n", day + 1, wave(day + shop)));
    let rows: String = (0..10).flat_map(shop).collect();
    let program = written("d.csv", &format!("shop,date,sales\n{rows}")).unwrap();
    assert!(program.contains(" by shop") && program.contains("test 0.2 by shop"), "{program}");
    // What is the same for all days of a shop is nothing to say of the next.
    let shop = |shop: usize| {
        (0..30).map(move |day| format!("s{shop},2023-01-{:02},{},c{shop},{}.5\n", day + 1, wave(day + shop), 40 + shop))
    };
    let rows: String = (0..10).flat_map(shop).collect();
    let program = written("d.csv", &format!("shop,date,sales,code,latitude\n{rows}")).unwrap();
    assert!(program.contains("sales[") && !program.contains("latitude]"), "{program}");
    let recording = |who: usize| {
        (0..20 + who % 7).map(move |at| {
            format!("p{who},{},{},{}\n", wave(at * (1 + who % 2)), wave(at + who), ["walk", "run"][who % 2])
        })
    };
    let rows: String = (0..12).flat_map(recording).collect();
    let program = written("d.csv", &format!("who,ax,ay,kind\n{rows}")).unwrap();
    assert!(program.contains("window by who") && program.contains("kind[0]"), "{program}");
    assert!(!program.contains("[who"), "{program}");
}

#[test]
fn a_log_of_several_is_taken_apart() {
    let day = |day: usize| (0..5).map(move |shop| format!("2023-02-{:02},s{shop},{}\n", day + 1, wave(day + shop)));
    let rows: String = (0..28).flat_map(day).collect();
    let program = written("d.csv", &format!("date,shop,sales\n{rows}")).unwrap();
    assert!(program.contains("order by [shop, date]") && program.contains(" by shop\n"), "{program}");
    let moment = |at: usize| format!("2023-02-03 {:02}:{:02}:00,{},{}\n", at / 60, at % 60, 7 + at % 3, wave(at));
    let rows: String = (0..300).map(moment).collect();
    let program = written("d.csv", &format!("at,sensor_id,level\n{rows}")).unwrap();
    assert!(program.contains("order by [sensor_id, at]") && program.contains(" by sensor_id\n"), "{program}");
    // Days of the week are nothing that a series consists of.
    let rows: String = (0..90)
        .map(|row| format!("2023-{:02}-{:02},{},{}\n", row / 28 + 1, row % 28 + 1, row % 7, wave(row)))
        .collect();
    let program = written("d.csv", &format!("date,weekday,level\n{rows}")).unwrap();
    assert!(!program.contains("order by"), "{program}");
}

#[test]
fn no_one_predicts_an_id() {
    let rows: String = (0..60)
        .map(|row| format!("{},{},{},{},{}\n", 7 * row, row % 9, (row % 9) * 3 + row % 2, 1, 4000 + 13 * row))
        .collect();
    let program = written("d.csv", &format!("patient_id,dose,pain,unit,order_id\n{rows}")).unwrap();
    assert!(program.contains("t = pain"), "{program}");
    assert!(program.contains("Not what is predicted: order_id (names the rows), unit (is one number)"), "{program}");
    assert!(
        !program.contains("[patient_id") && program.contains("Left out, naming the rows: patient_id, order_id"),
        "{program}"
    );
    // A row's number is worth nothing beside a class.
    let rows: String =
        (0..60).map(|row| format!("{row},{},{}\n", ["f", "m"][row * 5 % 2], usize::from(row > 30))).collect();
    let program = written("d.csv", &format!(",sex,died\n{rows}")).unwrap();
    assert!(program.contains("input  sex: class(2)"), "{program}");
    let rows: String = (0..60).map(|row| format!("{},{}\n", row % 7, 1 + row % 2)).collect();
    assert!(written("d.csv", &format!("a,outcome\n{rows}")).unwrap().contains("t = outcome == 2"));
}

#[test]
fn a_cell_that_is_no_number_is_named() {
    let rows = |odd: &str| -> String {
        (0..60)
            .map(|row| format!("{},{}\n", row % 7, if row == 9 { odd.to_string() } else { wave(row).to_string() }))
            .collect()
    };
    let said = written("d.csv", &format!("rooms,level\n{}", rows("<5"))).unwrap_err();
    assert!(
        said.contains("59 of 60 cells are numbers") && said.contains("line 11") && said.contains("\"<5\""),
        "{said}"
    );
    assert!(written("d.txt", "too short").unwrap_err().contains("9 characters"));
    assert!(written("d.csv", "a,b\n1,2\n").unwrap_err().contains("too few"));
    assert!(written("d.csv", "a,b,\n1,2,\n2,4,\n3,6,\n4,8,\n").unwrap().contains("t = b"));
}
