//! Bytes and texts in encodings, hashes, identifiers.

use crate::functions::scalar::tests::check;

#[test]
fn encode_goes_from_one_to_another() {
    check("ENCODE", "'RXhhbXBsZSE=', 'base64', 'hex'", "'4578616d706c6521'");
    check("ENCODE", "'zpXOu867zqzOtM6x', 'base64', 'utf8'", "'Ελλάδα'");
    check("ENCODE", "'zpU=', 'base64', 'ascii'", "'\u{FFFD}\u{FFFD}'");
    check("ENCODE", "'4578', 'hex', 'ASCII'", "'Ex'");
    check("ENCODE", "'0x578', 'hex', 'base64'", "'BXg='");
    check("ENCODE", "'Ελ', 'utf8', 'hex'", "'ce95cebb'");
    check("ENCODE", "'Ελa', 'ascii', 'utf8'", "'??a'");
    check("ENCODE", "'ab c_-=', 'base64', 'hex'", "'69b73f'");
    check("ENCODE", "'457', 'hex', 'utf8'", "error: Odd number of characters.");
    check("ENCODE", "'zz', 'hex', 'utf8'", "error: Illegal hexadecimal character at index 0");
    check(
        "ENCODE",
        "'a', 'hex', 'hex'",
        "error: Supported input and output encodings are: hex, utf8, ascii and base64",
    );
    check(
        "ENCODE",
        "'a', 'null', 'hex'",
        "error: Supported input and output encodings are: hex, utf8, ascii and base64",
    );
    check("ENCODE", "NULL::VARCHAR, 'hex', 'utf8'", "NULL");
}

#[test]
fn bytes_are_read_and_written() {
    check("TO_BYTES", "'0aFf', 'hex'", "x'0aff'");
    check("TO_BYTES", "'é', 'UTF8'", "x'c3a9'");
    check("TO_BYTES", "'é!', 'ascii'", "x'3f21'");
    check("TO_BYTES", "'IQ', 'base64'", "x'21'");
    check("TO_BYTES", "'!', 'base64'", "error: Invalid symbol 33, offset 0.");
    check(
        "TO_BYTES",
        "'a', 'x'",
        "error: Unknown encoding type 'x'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.",
    );
    check("FROM_BYTES", "x'0aff', 'hex'", "'0AFF'");
    check("FROM_BYTES", "x'c3a9ff', 'utf8'", "'é\u{FFFD}'");
    check("FROM_BYTES", "x'21ff', 'ascii'", "'!\u{FFFD}'");
    check("FROM_BYTES", "x'21', 'base64'", "'IQ=='");
    check("FROM_BYTES", "x'21', NULL", "NULL");
}

#[test]
fn numbers_come_out_of_bytes() {
    check("INT_FROM_BYTES", "x'000007e5'", "2021");
    check("INT_FROM_BYTES", "x'e5070000', 'little_endian'", "2021");
    check("BIGINT_FROM_BYTES", "x'000000012a05f200', 'BIG_ENDIAN'", "5000000000");
    check("DOUBLE_FROM_BYTES", "x'4080a6fd9bc9f582'", "532.8738323");
    check("INT_FROM_BYTES", "x'00'", "error: Number of bytes must be equal to 4, but found 1");
    check(
        "INT_FROM_BYTES",
        "x'00000000', 'x'",
        "error: Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order 'x'.",
    );
}

#[test]
fn md5_is_hexadecimal() {
    check("MD5", "''", "'d41d8cd98f00b204e9800998ecf8427e'");
    check("MD5", "'abc'", "'900150983cd24fb0d6963f7d28e17f72'");
}

#[test]
fn a_uuid_has_sixteen_bytes() {
    check("UUID", "x'00112233445566778899aabbccddeeff'", "'00112233-4455-6677-8899-aabbccddeeff'");
    check("UUID", "x'00'", "NULL");
}
