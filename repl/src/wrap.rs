//! Breaks long lines between words, where the terminal would break them anywhere.

use unicode_width::UnicodeWidthStr;

/// Up to which column two blanks are looked for, behind which the text of a list begins.
const LIST_COLUMNS: usize = 40;

/// Breaks lines that are longer than the terminal is wide; without a width they stay as they are.
pub(crate) fn wrap(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let lines: Vec<String> = text.split('\n').map(|line| wrap_line(line, width)).collect();
    lines.join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let hang = hang(line).min(width / 2);
    let mut wrapped = line[..hang].to_owned();
    let mut column = hang;
    for (index, word) in line[hang..].split(' ').enumerate() {
        let is_full = width < column + 1 + word.width();
        if index > 0 && is_full && hang < column {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(hang));
            column = hang;
        } else if index > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += word.width();
    }
    wrapped
}

/// Returns where the later lines begin: below what follows the blanks at the beginning, or those between two columns.
fn hang(line: &str) -> usize {
    let blanks = line.char_indices().take(LIST_COLUMNS).filter(|(_, char)| *char == ' ');
    let in_row = blanks.filter(|(index, _)| {
        *index == 0 || line[..*index].ends_with(' ') || line[index + 1..].starts_with(' ')
    });
    in_row.last().map_or(0, |(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", Some(7)), "one two\nthree");
        assert_eq!(wrap("one two three", Some(8)), "one two\nthree");
        assert_eq!(wrap("one two\nthree", None), "one two\nthree");
        assert_eq!(wrap("a word-that-is-too-long b", Some(8)), "a\nword-that-is-too-long\nb");
        assert_eq!(wrap("料理 料理", Some(5)), "料理\n料理");
    }

    #[test]
    fn later_lines_stand_below_the_text() {
        assert_eq!(wrap("  one two three", Some(9)), "  one two\n  three");
        assert_eq!(wrap("  A    one two three", Some(14)), "  A    one two\n       three");
    }
}
