//! Declarations and uses that do not compile, and what the compiler says.

#[test]
fn what_makes_no_sense_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/rejected/*.rs");
}
