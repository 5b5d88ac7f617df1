//! Reads a regular expression.
//!
//! `regex-syntax` parses it into a syntax tree. The translation of the tree into what `regex-automata` compiles is here, because the one of
//! `regex-syntax` refers to the tables of Unicode.
//!
//! The syntax is that of <https://docs.rs/regex/latest/regex/#syntax>, but classes, word boundaries and `(?i)` know ASCII only, and `\p` and the
//! flag `R` are errors.

use regex_syntax::{
    ast::{
        self, AssertionKind, Ast, ClassAsciiKind, ClassPerlKind, ClassSet, ClassSetBinaryOpKind,
        ClassSetItem, Flag, FlagsItemKind, GroupKind, RepetitionKind, RepetitionRange,
    },
    hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition},
};

/// The bit in which the two cases of an ASCII letter differ.
const OTHER_CASE: u8 = b'a' ^ b'A';

/// # Errors
/// Returns a message that names the mistake in the pattern.
pub(super) fn parse(pattern: &str) -> Result<Hir, String> {
    let tree = ast::parse::Parser::new().parse(pattern);
    let tree = tree.map_err(|error| error.to_string())?;
    Flags::default().translate(&tree)
}

/// The flags that are set at one place of a pattern.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_matches_new_line: bool,
    swap_greed: bool,
}

impl Flags {
    /// Translates one node of the syntax tree. A node such as `(?i)` changes the flags for the nodes that follow it in the same group.
    fn translate(&mut self, tree: &Ast) -> Result<Hir, String> {
        Ok(match tree {
            Ast::Empty(_) => Hir::empty(),
            Ast::Flags(set) => {
                self.change(&set.flags)?;
                Hir::empty()
            }
            Ast::Literal(literal) if self.ignore_case => {
                class_of(self.characters(literal.c, literal.c))
            }
            Ast::Literal(literal) => Hir::literal(literal.c.to_string().into_bytes()),
            Ast::Dot(_) => Hir::dot(match self.dot_matches_new_line {
                true => Dot::AnyChar,
                false => Dot::AnyCharExceptLF,
            }),
            Ast::Assertion(assertion) => Hir::look(self.look(&assertion.kind)),
            Ast::ClassUnicode(_) => return Err(no_unicode_classes()),
            Ast::ClassPerl(class) => class_of(perl(class)),
            Ast::ClassBracketed(class) => class_of(self.bracketed(class)?),
            Ast::Repetition(repetition) => {
                let (min, max) = bounds(&repetition.op.kind);
                Hir::repetition(Repetition {
                    min,
                    max,
                    greedy: repetition.greedy != self.swap_greed,
                    sub: Box::new(self.translate(&repetition.ast)?),
                })
            }
            Ast::Group(group) => self.group(group)?,
            Ast::Alternation(alternation) => Hir::alternation(self.each(&alternation.asts)?),
            Ast::Concat(concat) => Hir::concat(self.each(&concat.asts)?),
        })
    }

    fn each(&mut self, trees: &[Ast]) -> Result<Vec<Hir>, String> {
        trees.iter().map(|tree| self.translate(tree)).collect()
    }

    fn group(self, group: &ast::Group) -> Result<Hir, String> {
        let mut inner = self;
        let capture = match &group.kind {
            GroupKind::CaptureIndex(index) => Some((*index, None)),
            GroupKind::CaptureName { name, .. } => Some((name.index, Some(name.name.as_str()))),
            GroupKind::NonCapturing(flags) => {
                inner.change(flags)?;
                None
            }
        };
        let sub = inner.translate(&group.ast)?;
        Ok(match capture {
            None => sub,
            Some((index, name)) => Hir::capture(Capture {
                index,
                name: name.map(Into::into),
                sub: Box::new(sub),
            }),
        })
    }

    fn change(&mut self, flags: &ast::Flags) -> Result<(), String> {
        let mut on = true;
        for item in &flags.items {
            let flag = match &item.kind {
                FlagsItemKind::Negation => {
                    on = false;
                    continue;
                }
                FlagsItemKind::Flag(flag) => flag,
            };
            match flag {
                Flag::CaseInsensitive => self.ignore_case = on,
                Flag::MultiLine => self.multi_line = on,
                Flag::DotMatchesNewLine => self.dot_matches_new_line = on,
                Flag::SwapGreed => self.swap_greed = on,
                Flag::CRLF => {
                    return Err(
                        r"the flag R is not supported: write \r?\n where a line ends".to_owned(),
                    );
                }
                // The parser skips the white space, and nothing here knows Unicode.
                Flag::IgnoreWhitespace | Flag::Unicode => {}
            }
        }
        Ok(())
    }

    fn look(self, assertion: &AssertionKind) -> Look {
        match assertion {
            AssertionKind::StartLine if self.multi_line => Look::StartLF,
            AssertionKind::EndLine if self.multi_line => Look::EndLF,
            AssertionKind::StartLine | AssertionKind::StartText => Look::Start,
            AssertionKind::EndLine | AssertionKind::EndText => Look::End,
            AssertionKind::WordBoundary => Look::WordAscii,
            AssertionKind::NotWordBoundary => Look::WordAsciiNegate,
            AssertionKind::WordBoundaryStart | AssertionKind::WordBoundaryStartAngle => {
                Look::WordStartAscii
            }
            AssertionKind::WordBoundaryEnd | AssertionKind::WordBoundaryEndAngle => {
                Look::WordEndAscii
            }
            AssertionKind::WordBoundaryStartHalf => Look::WordStartHalfAscii,
            AssertionKind::WordBoundaryEndHalf => Look::WordEndHalfAscii,
        }
    }

    fn bracketed(self, class: &ast::ClassBracketed) -> Result<ClassUnicode, String> {
        Ok(negated(class.negated, self.set_of(&class.kind)?))
    }

    fn set_of(self, set: &ClassSet) -> Result<ClassUnicode, String> {
        let operation = match set {
            ClassSet::Item(item) => return self.item(item),
            ClassSet::BinaryOp(operation) => operation,
        };
        let mut left = self.set_of(&operation.lhs)?;
        let right = self.set_of(&operation.rhs)?;
        match operation.kind {
            ClassSetBinaryOpKind::Intersection => left.intersect(&right),
            ClassSetBinaryOpKind::Difference => left.difference(&right),
            ClassSetBinaryOpKind::SymmetricDifference => left.symmetric_difference(&right),
        }
        Ok(left)
    }

    fn item(self, item: &ClassSetItem) -> Result<ClassUnicode, String> {
        Ok(match item {
            ClassSetItem::Empty(_) => ClassUnicode::empty(),
            ClassSetItem::Literal(literal) => self.characters(literal.c, literal.c),
            ClassSetItem::Range(range) => self.characters(range.start.c, range.end.c),
            ClassSetItem::Ascii(class) => self.posix(class),
            ClassSetItem::Unicode(_) => return Err(no_unicode_classes()),
            ClassSetItem::Perl(class) => perl(class),
            ClassSetItem::Bracketed(class) => self.bracketed(class)?,
            ClassSetItem::Union(union) => {
                let mut all = ClassUnicode::empty();
                for item in &union.items {
                    all.union(&self.item(item)?);
                }
                all
            }
        })
    }

    /// `[[:alpha:]]`.
    fn posix(self, class: &ast::ClassAscii) -> ClassUnicode {
        let of = match class.kind {
            ClassAsciiKind::Alnum => u8::is_ascii_alphanumeric,
            ClassAsciiKind::Alpha => u8::is_ascii_alphabetic,
            ClassAsciiKind::Ascii => u8::is_ascii,
            ClassAsciiKind::Blank => |byte: &u8| b"\t ".contains(byte),
            ClassAsciiKind::Cntrl => u8::is_ascii_control,
            ClassAsciiKind::Digit => u8::is_ascii_digit,
            ClassAsciiKind::Graph => u8::is_ascii_graphic,
            ClassAsciiKind::Lower if self.ignore_case => u8::is_ascii_alphabetic,
            ClassAsciiKind::Lower => u8::is_ascii_lowercase,
            ClassAsciiKind::Print => |byte: &u8| (b' '..=b'~').contains(byte),
            ClassAsciiKind::Punct => u8::is_ascii_punctuation,
            ClassAsciiKind::Space => is_space,
            ClassAsciiKind::Upper if self.ignore_case => u8::is_ascii_alphabetic,
            ClassAsciiKind::Upper => u8::is_ascii_uppercase,
            ClassAsciiKind::Word => is_word,
            ClassAsciiKind::Xdigit => u8::is_ascii_hexdigit,
        };
        negated(class.negated, ascii(of))
    }

    /// The characters of a range, and, if the case is ignored, the same letters in the other case.
    fn characters(self, first: char, last: char) -> ClassUnicode {
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(first, last)]);
        if self.ignore_case {
            let other_case = |letter: &u8| char::from(letter ^ OTHER_CASE);
            class.union(&ascii(|byte| {
                byte.is_ascii_alphabetic() && (first..=last).contains(&other_case(byte))
            }));
        }
        class
    }
}

/// `\d`, `\s`, `\w`.
fn perl(class: &ast::ClassPerl) -> ClassUnicode {
    let of = match class.kind {
        ClassPerlKind::Digit => u8::is_ascii_digit,
        ClassPerlKind::Space => is_space,
        ClassPerlKind::Word => is_word,
    };
    negated(class.negated, ascii(of))
}

fn is_space(byte: &u8) -> bool {
    b"\t\n\x0B\x0C\r ".contains(byte)
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

/// The ASCII characters for which `is_in` is true.
fn ascii(is_in: impl Fn(&u8) -> bool) -> ClassUnicode {
    let characters = (0..=0x7F_u8).filter(is_in).map(char::from);
    ClassUnicode::new(characters.map(|character| ClassUnicodeRange::new(character, character)))
}

fn negated(is_negated: bool, mut class: ClassUnicode) -> ClassUnicode {
    if is_negated {
        class.negate();
    }
    class
}

fn class_of(class: ClassUnicode) -> Hir {
    Hir::class(Class::Unicode(class))
}

/// The least and the most repetitions.
fn bounds(kind: &RepetitionKind) -> (u32, Option<u32>) {
    match kind {
        RepetitionKind::ZeroOrOne => (0, Some(1)),
        RepetitionKind::ZeroOrMore => (0, None),
        RepetitionKind::OneOrMore => (1, None),
        RepetitionKind::Range(RepetitionRange::Exactly(n)) => (*n, Some(*n)),
        RepetitionKind::Range(RepetitionRange::AtLeast(min)) => (*min, None),
        RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => (*min, Some(*max)),
    }
}

fn no_unicode_classes() -> String {
    r"classes of Unicode (\p) are not supported: list the characters, as in [a-zäöü]".to_owned()
}
