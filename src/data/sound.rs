//! Sounds: WAV files, a row for each sample, in one column `sound` of numbers from −1 to 1; several channels side by side.
use super::numpy::table;
use super::table::{Cells, Table, TableColumn};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use std::io::{Cursor, Seek, Write};

/// The column of a sound.
pub const SOUND: &str = "sound";

/// Reads a WAV file. The error is one sentence.
pub fn read_sound(bytes: &[u8], file: &str) -> Result<Table, String> {
    let mut reader = WavReader::new(Cursor::new(bytes)).map_err(|error| format!("it is no WAV file: {error}"))?;
    let WavSpec { channels, bits_per_sample, sample_format, .. } = reader.spec();
    let samples: Result<Vec<f64>, hound::Error> = match sample_format {
        SampleFormat::Float => reader.samples::<f32>().map(|sample| sample.map(f64::from)).collect(),
        SampleFormat::Int => {
            let unit = f64::from(1_u32 << (bits_per_sample - 1));
            reader.samples::<i32>().map(|sample| sample.map(|sample| f64::from(sample) / unit)).collect()
        }
    };
    let samples = samples.map_err(|error| format!("it is no whole WAV file: {error}"))?;
    let shape = if channels == 1 { vec![] } else { vec![usize::from(channels)] };
    table(vec![TableColumn::new(SOUND, shape, Cells::F64(samples))], vec![], file)
}

/// How many samples a second a WAV file has; none if it is no such file.
pub fn sample_rate(bytes: &[u8]) -> Option<u32> {
    Some(WavReader::new(Cursor::new(bytes)).ok()?.spec().sample_rate)
}

/// Writes samples from −1 to 1 as a WAV file of 16 bits and one channel; what lies outside is cut off.
pub fn write_sound(to: impl Write + Seek, samples: &[f64], sample_rate: u32) -> Result<(), hound::Error> {
    let spec = WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::new(to, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * 32767.0).round() as i16)?;
    }
    writer.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let samples: Vec<f64> = (0..100).map(|i| (f64::from(i) / 7.0).sin()).chain([2.0, -2.0]).collect();
        let mut file = Cursor::new(vec![]);
        write_sound(&mut file, &samples, 4000).unwrap();
        let bytes = file.into_inner();
        assert_eq!(sample_rate(&bytes), Some(4000));
        let read = read_sound(&bytes, "s.wav").unwrap();
        assert_eq!((read.rows, read.columns[0].name.as_str()), (102, SOUND));
        let mut numbers = vec![];
        read.columns[0].cells.numbers(0..102, &mut numbers);
        for (read, sample) in numbers.iter().zip(&samples) {
            assert!((read - sample.clamp(-1.0, 1.0)).abs() < 1e-4, "{read} and {sample}");
        }
        assert!(read_sound(b"RIFF", "s.wav").unwrap_err().contains("no WAV file"));
        assert!(read_sound(&bytes[..100], "s.wav").is_err());
    }
}
