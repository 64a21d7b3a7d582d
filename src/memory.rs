//! The memory that the machine gives: asked before much is taken, so that a program that needs more ends in words.

/// The bytes that this process may still take: what is free, or what its limit of addresses leaves. None where that can't be told.
pub fn available() -> Option<u128> {
    let free = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| kilobytes(&text, "MemAvailable:"));
    let limit = std::fs::read_to_string("/proc/self/limits").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("Max address space"))?.to_string();
        line.split_whitespace().nth(3)?.parse::<u128>().ok()
    });
    let taken = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| kilobytes(&text, "VmSize:"));
    let left = limit.map(|limit| limit.saturating_sub(taken.unwrap_or(0)));
    [free, left].into_iter().flatten().min()
}

/// A line of so many kilobytes.
fn kilobytes(text: &str, name: &str) -> Option<u128> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u128>().ok().map(|k| k * 1024)
}

/// Bytes as people say them.
pub fn text(bytes: u128) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while 1000.0 <= size && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{size} {}", UNITS[unit]) } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_said_in_the_unit_that_fits() {
        assert_eq!(super::text(999), "999 bytes");
        assert_eq!(super::text(6_400_000_000), "6.4 GB");
        assert_eq!(super::text(u128::from(u64::MAX) * 4096), "75557863725.9 TB");
    }

    #[test]
    fn lines_of_the_system_are_read() {
        assert_eq!(super::kilobytes("MemTotal: 3 kB\nMemAvailable:  2048 kB\n", "MemAvailable:"), Some(2 << 20));
    }
}
