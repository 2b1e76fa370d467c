//! The grammar of conditions:
//! `clause ("and" clause)*`, where a clause is `name op value`, `name [not] in [value, …]`,
//! `name exists` or `name missing`. Values with spaces or signs stand in quotes.

use super::number::Number;
use super::{Clause, Order, Test};
use crate::postback::facts::FactName;

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

/// The signs, the longer ones first.
const SIGNS: [&str; 13] = ["==", "!=", "<=", ">=", "<>", "&&", "=", "<", ">", "[", "]", ",", "!"];

/// The tokens of a condition, each with the character (from 1) where it begins.
struct Tokens {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
}

pub(super) fn clauses(text: &str) -> Result<Vec<Clause>, String> {
    let mut tokens = tokenize(text)?;
    let mut clauses = vec![clause(&mut tokens)?];
    while let Some((at, token)) = tokens.take() {
        match token {
            Token::Word(word) if word.eq_ignore_ascii_case("and") => {}
            Token::Sign("&&") => {}
            Token::Word(word) if word.eq_ignore_ascii_case("or") => {
                return Err(format!("character {at}: there is no `or`; use a list, `in [a, b]`"));
            }
            _ => {
                return Err(format!(
                    "character {at}: expected `and` or the end; put a value with spaces in quotes"
                ));
            }
        }
        clauses.push(clause(&mut tokens)?);
    }
    Ok(clauses)
}

fn clause(tokens: &mut Tokens) -> Result<Clause, String> {
    let at = tokens.at();
    let name = match tokens.take() {
        Some((_, Token::Word(name) | Token::Quoted(name))) => FactName::parse(&name),
        _ => None,
    };
    let name = name.ok_or_else(|| format!("character {at}: expected a field's name"))?;
    let at = tokens.at();
    let test = match tokens.take() {
        Some((_, Token::Sign("=" | "=="))) => Test::OneOf(vec![value(tokens)?]),
        Some((_, Token::Sign("!=" | "<>"))) => Test::NoneOf(vec![value(tokens)?]),
        Some((_, Token::Sign("<"))) => bound(tokens, Order::Less)?,
        Some((_, Token::Sign("<="))) => bound(tokens, Order::LessOrEqual)?,
        Some((_, Token::Sign(">"))) => bound(tokens, Order::Greater)?,
        Some((_, Token::Sign(">="))) => bound(tokens, Order::GreaterOrEqual)?,
        Some((_, Token::Word(word))) => match word.to_ascii_lowercase().as_str() {
            "in" => Test::OneOf(list(tokens)?),
            "exists" => Test::Exists,
            "missing" => Test::Missing,
            "not" => {
                let at = tokens.at();
                match tokens.take() {
                    Some((_, Token::Word(word))) if word.eq_ignore_ascii_case("in") => {
                        Test::NoneOf(list(tokens)?)
                    }
                    Some((_, Token::Word(word))) if word.eq_ignore_ascii_case("exists") => {
                        Test::Missing
                    }
                    _ => return Err(format!("character {at}: expected `in` after `not`")),
                }
            }
            _ => return Err(no_operator(at)),
        },
        _ => return Err(no_operator(at)),
    };
    Ok(Clause { name, test })
}

fn no_operator(at: usize) -> String {
    format!("character {at}: expected one of = != < <= > >=, `in`, `not in`, `exists` or `missing`")
}

fn value(tokens: &mut Tokens) -> Result<String, String> {
    let at = tokens.at();
    match tokens.take() {
        Some((_, Token::Word(value) | Token::Quoted(value))) => Ok(value),
        _ => Err(format!("character {at}: expected a value; put one with signs in quotes")),
    }
}

fn bound(tokens: &mut Tokens, order: Order) -> Result<Test, String> {
    let at = tokens.at();
    // Here a point is a point: a configuration is written by one who knows (`> 1.234`).
    let bound = value(tokens)?;
    match Number::parse(&bound) {
        Some(bound) => Ok(Test::Compare(order, bound)),
        None => Err(format!("character {at}: expected a number to compare with, such as 12.50")),
    }
}

fn list(tokens: &mut Tokens) -> Result<Vec<String>, String> {
    let at = tokens.at();
    if !matches!(tokens.take(), Some((_, Token::Sign("[")))) {
        return Err(format!("character {at}: expected a list, `[12, 40]`"));
    }
    let mut values = vec![value(tokens)?];
    loop {
        let at = tokens.at();
        match tokens.take() {
            Some((_, Token::Sign("]"))) => return Ok(values),
            Some((_, Token::Sign(","))) => values.push(value(tokens)?),
            _ => return Err(format!("character {at}: expected `,` or `]`")),
        }
    }
}

impl Tokens {
    /// Where the next token begins.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn take(&mut self) -> Option<(usize, Token)> {
        let token = self.tokens.get(self.next).cloned();
        self.next = self.next.saturating_add(1);
        token
    }
}

fn tokenize(text: &str) -> Result<Tokens, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let length = text.chars().count();
    let at = |rest: &str| length.saturating_sub(rest.chars().count()).saturating_add(1);
    loop {
        rest = rest.trim_start();
        let begin = at(rest);
        let Some(first) = rest.chars().next() else { break };
        if let Some((sign, after)) =
            SIGNS.iter().find_map(|sign| Some((*sign, rest.strip_prefix(sign)?)))
        {
            tokens.push((begin, Token::Sign(sign)));
            rest = after;
        } else if matches!(first, '"' | '\'') {
            let inside = rest.strip_prefix(first).unwrap_or_default();
            let (value, after) = inside
                .split_once(first)
                .ok_or_else(|| format!("character {begin}: the quote is not closed"))?;
            tokens.push((begin, Token::Quoted(value.to_owned())));
            rest = after;
        } else {
            let is_end = |c: char| c.is_whitespace() || "=!<>[],&\"'".contains(c);
            let end = rest.find(is_end).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if word.is_empty() {
                return Err(format!("character {begin}: a sign that means nothing here"));
            }
            tokens.push((begin, Token::Word(word.to_owned())));
            rest = after;
        }
    }
    Ok(Tokens { tokens, next: 0, end: length.saturating_add(1) })
}
