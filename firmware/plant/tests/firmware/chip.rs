//! The sketch as the board gets it: for its Cortex-M4, and against Arduino's interface.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::cpp::{PORTABLE, STRICT, run_compiler, sketch, sources};

const COMPILER: &str = "arm-none-eabi-g++";

/// As Arduino's core for the board compiles.
const CHIP: [&str; 8] = [
    "-mcpu=cortex-m4",
    "-mthumb",
    "-mfpu=fpv4-sp-d16",
    "-mfloat-abi=hard",
    "-Os",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-use-cxa-atexit",
];

const EXAMPLE_MODEL: [&str; 2] = [
    "-DEDGE_MODEL",
    "-DEDGE_MODEL_HEADER=\"../../host/example_model.h\"",
];

/// What a tool of the chip's compiler prints.
fn told(tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).output().unwrap();
    assert!(output.status.success(), "{tool} {}", arguments.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// Links all but Arduino's core, and gives the bytes of flash and of RAM. Of the C library it takes what it calls and nothing of C++'s,
/// whose package weighs 1.5 GB.
fn linked(options: &[&str]) -> (u64, u64) {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("firmware.elf");
    let mut files = sources(&PORTABLE);
    files.push(sketch().join("host/cortex.cpp"));
    let mut arguments: Vec<&str> = [&STRICT[..], &CHIP, options].concat();
    arguments.extend(["-nostartfiles", "-nodefaultlibs", "-nostdinc++"]);
    arguments.extend(["-Wl,--gc-sections", "-Wl,--entry=main"]);
    arguments.extend(["-o", program.to_str().unwrap()]);
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    arguments.extend(["-lm", "-lc_nano", "-lgcc"]);
    run_compiler(COMPILER, &arguments);
    // No heap at all: nothing that is linked asks for memory.
    let names = told("arm-none-eabi-nm", &[program.to_str().unwrap()]);
    assert!(names.contains("memcpy"), "{names}");
    for allocator in ["malloc", "calloc", "_Znw", "_Zna", "sbrk"] {
        assert!(!names.contains(allocator), "{allocator} is in the program");
    }
    let sizes = told("arm-none-eabi-size", &[program.to_str().unwrap()]);
    let columns: Vec<u64> = sizes
        .lines()
        .nth(1)
        .unwrap()
        .split_whitespace()
        .take(3)
        .map(|bytes| bytes.parse().unwrap())
        .collect();
    let (text, data, bss) = (columns[0], columns[1], columns[2]);
    (text + data, data + bss)
}

#[test]
fn it_fits_on_the_chip() {
    // Of the 128 kB that our part may have, a model of 64 KiB leaves 62 kB; and of 8 kB of RAM the stack needs some.
    let (flash, ram) = linked(&[]);
    assert!(flash > 10_000, "that cannot be all: {flash} bytes");
    assert!(flash <= 40_000, "{flash} bytes of flash");
    assert!(ram <= 4_000, "{ram} bytes of RAM");
    let (flash, ram) = linked(&EXAMPLE_MODEL);
    assert!(
        flash <= 62_000,
        "{flash} bytes of flash with what the model needs"
    );
    assert!(ram <= 6_000, "{ram} bytes of RAM with what the model needs");
}

#[test]
fn the_plants_arithmetic_is_not_fused() {
    let folder = TempDir::new().unwrap();
    for file in sources(&["plant"]) {
        let object = folder.path().join("plant.o");
        let mut arguments: Vec<&str> = [&STRICT[..], &CHIP, &["-nostdinc++"]].concat();
        arguments.extend(["-c", file.to_str().unwrap(), "-o", object.to_str().unwrap()]);
        run_compiler(COMPILER, &arguments);
        let code = told("arm-none-eabi-objdump", &["-d", object.to_str().unwrap()]);
        assert!(code.lines().count() > 10, "no code in {}", file.display());
        // vmla is none of them: it rounds the product, too.
        for fused in ["vfma", "vfms", "vfnma", "vfnms"] {
            assert!(!code.contains(fused), "{fused} in {}", file.display());
        }
    }
}

/// Copies a folder with all in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).unwrap();
        }
    }
}

/// Compiles what the Arduino IDE compiles, in a copy of the sketch with these sensors, against declarations of Arduino's interface.
fn arduino(sensors: [&str; 4], options: &[&str]) {
    let folder = TempDir::new().unwrap();
    copy(&sketch().join("src"), &folder.path().join("src"));
    copy(&sketch().join("host"), &folder.path().join("host"));
    for (name, copied) in [
        ("uno-r4-wifi.ino", "uno-r4-wifi.ino"),
        ("secrets.example.h", "secrets.h"),
    ] {
        fs::copy(sketch().join(name), folder.path().join(copied)).unwrap();
    }
    let mut config = fs::read_to_string(sketch().join("config.h")).unwrap();
    for (channel, sensor) in ["TEMPERATURE", "SPEED", "CURRENT", "VIBRATION"]
        .iter()
        .zip(sensors)
    {
        let simulated = format!("#define {channel}_SENSOR SIMULATED");
        assert!(
            config.contains(&simulated),
            "config.h does not simulate {channel}"
        );
        config = config.replace(&simulated, &format!("#define {channel}_SENSOR {sensor}"));
    }
    fs::write(folder.path().join("config.h"), config).unwrap();
    let mut files = vec!["uno-r4-wifi.ino".to_owned()];
    for part in ["board", "edge", "machine"] {
        for entry in fs::read_dir(folder.path().join("src").join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "cpp") {
                files.push(format!(
                    "src/{part}/{}",
                    path.file_name().unwrap().to_str().unwrap()
                ));
            }
        }
    }
    assert!(files.len() > 6, "{files:?}");
    let root = folder.path().to_str().unwrap();
    let files: Vec<String> = files.iter().map(|file| format!("{root}/{file}")).collect();
    let stand_in = format!("-I{root}/host/arduino");
    let mut arguments: Vec<&str> = STRICT.to_vec();
    arguments.extend(["-fsyntax-only", "-DARDUINO=10607", &stand_in]);
    arguments.extend(options);
    arguments.extend(["-include", "Arduino.h", "-x", "c++"]);
    arguments.extend(files.iter().map(String::as_str));
    run_compiler("g++", &arguments);
}

#[test]
fn the_boards_files_fit_arduinos_interface() {
    arduino(["SIMULATED"; 4], &[]);
    arduino(["DS18B20", "TACHOMETER", "ACS712", "ADXL345"], &[]);
    arduino(["TMP36", "TACHOMETER", "INA219", "MPU6050"], &EXAMPLE_MODEL);
}

#[test]
#[should_panic(expected = "TEMPERATURE_SENSOR is SIMULATED, DS18B20 or TMP36")]
fn a_sensor_of_another_kind_is_told() {
    arduino(["TACHOMETER", "SIMULATED", "SIMULATED", "SIMULATED"], &[]);
}
