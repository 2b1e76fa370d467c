//! `/t.js`, for landing pages that no Worker can stand in front of. The script itself is
//! `page_script.js`, written to be read; here it is made small.

/// The script as it is served: without comment lines and indentation.
pub fn page_script() -> String {
    let lines = include_str!("page_script.js").lines().map(str::trim_start);
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("//")).collect();
    let mut script = lines.join("\n");
    script.push('\n');
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small_and_needs_no_exceptions_from_a_security_policy() {
        let script = page_script();
        assert!(script.len() < 1_500, "{} bytes", script.len());
        assert!(script.is_ascii() && !script.contains("//"));
        for unsafe_word in ["eval", "Function(", "innerHTML", "document.write", "setTimeout(\""] {
            assert!(!script.contains(unsafe_word), "{unsafe_word}");
        }
    }
}
