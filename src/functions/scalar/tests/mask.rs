//! Texts made unreadable.

use crate::functions::scalar::tests::check;

#[test]
fn each_kind_has_its_mask() {
    check("MASK", "'My Test $123'", "'Xx-Xxxx--nnn'");
    check("MASK", "'My Test $123', '*', NULL, '1', NULL", "'*y *est $111'");
    check("MASK", "'ÄßªⅧ٣'", "'Xx--n'");
    check("MASK", "'a𝄞'", "'x--'");
    check("MASK", "NULL", "NULL");
    check(
        "MASK",
        "'a', 'xx', NULL, NULL, NULL",
        "error: Invalid mask character. Must be only single character, but was 'xx'",
    );
}

#[test]
fn a_part_is_masked() {
    check("MASK_KEEP_LEFT", "'My Test $123', 4", "'My Txxx--nnn'");
    check("MASK_KEEP_RIGHT", "'My Test $123', 4", "'Xx-Xxxx-$123'");
    check("MASK_LEFT", "'My Test $123', 4", "'Xx-Xest $123'");
    check("MASK_RIGHT", "'My Test $123', 4", "'My Test -nnn'");
    check("MASK_LEFT", "'abc', 9", "'xxx'");
    check("MASK_RIGHT", "'abc', 9", "'xxx'");
    check("MASK_KEEP_LEFT", "'abc', 9", "'abc'");
    check("MASK_KEEP_RIGHT", "'aBc', 1, NULL, 'y', NULL, NULL", "'yBc'");
    check(
        "MASK_LEFT",
        "'abc', -1",
        "error: function mask_left requires a non-negative number of characters to mask or skip",
    );
    check("MASK_LEFT", "NULL::VARCHAR, 1", "NULL");
}
