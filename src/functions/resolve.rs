//! Which overload a call means, by ksqlDB's rules.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::functions::signature::{ParamType, Signature};
use crate::functions::{ArgumentType, FunctionError};
use crate::types::{SqlType, StructField};

/// Types the lambda at an argument's index, given the types of its parameters, and returns the type of its body.
pub type LambdaTyper<'a> = dyn FnMut(usize, &[SqlType]) -> Result<SqlType, FunctionError> + 'a;

/// The overload that a call means.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedOverload {
    /// Which of the signatures.
    pub index: usize,
    /// What each argument must be.
    pub params: Vec<ResolvedParam>,
    /// What it returns, as far as the signature says.
    pub return_type: Option<SqlType>,
}

/// What an argument must be.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolvedParam {
    /// A value of this type: an expression of another type is cast to it.
    Value(SqlType),
    /// A lambda.
    Lambda {
        /// The types of its parameters.
        params: Vec<SqlType>,
        /// The type of its body.
        returns: SqlType,
    },
}

impl ResolvedParam {
    /// Returns the type of the value, or of what the lambda returns.
    pub fn sql_type(&self) -> &SqlType {
        match self {
            ResolvedParam::Value(sql_type) | ResolvedParam::Lambda { returns: sql_type, .. } => {
                sql_type
            }
        }
    }
}

/// Chooses the overload that a call means.
///
/// Overloads that take the arguments as they are come first; if there is none, those that take them with numbers widened
/// (INT to BIGINT to DECIMAL to DOUBLE) and texts read as DATE, TIME or TIMESTAMP. An untyped NULL fits every parameter. Of several, the best is the one that is not
/// variadic, has the most parameters, the fewest generic ones, and its variadic parameter last; if two are equally good
/// the call is ambiguous.
pub fn resolve_overload(
    name: &str,
    signatures: &[&Signature],
    args: &[ArgumentType],
    lambda: &mut LambdaTyper<'_>,
) -> Result<ResolvedOverload, FunctionError> {
    let best = match best_match(signatures, args, false) {
        Match::None => best_match(signatures, args, true),
        found => found,
    };
    let texts = || {
        let alternatives: Vec<String> = signatures.iter().map(|s| s.call_text(name)).collect();
        (name.to_owned(), given(args), alternatives.join("\n"))
    };
    match best {
        Match::One(index) => bind(index, signatures[index], args, lambda),
        Match::None => {
            let (name, given, alternatives) = texts();
            Err(FunctionError::NoOverload { name, given, alternatives })
        }
        Match::Several => {
            let (name, given, alternatives) = texts();
            Err(FunctionError::Ambiguous { name, given, alternatives })
        }
    }
}

enum Match {
    None,
    One(usize),
    Several,
}

fn best_match(signatures: &[&Signature], args: &[ArgumentType], casts: bool) -> Match {
    let mut ranked: Vec<(Rank, usize)> = (0..signatures.len())
        .filter(|&index| accepts(signatures[index], args, casts))
        .map(|index| (rank(signatures[index]), index))
        .collect();
    ranked.sort_by_key(|(rank, _)| Reverse(*rank));
    match ranked.as_slice() {
        [] => Match::None,
        [(first, _), (second, _), ..] if first == second => Match::Several,
        [(_, index), ..] => Match::One(*index),
    }
}

/// How good a match is: not variadic, parameters, few generic ones, no `ANY...`, place of the variadic parameter.
type Rank = (bool, usize, Reverse<usize>, bool, Option<usize>);

fn rank(signature: &Signature) -> Rank {
    let is_any_variadic = |i: usize| signature.params[i].param_type == ParamType::Any;
    let variadic = signature.variadic_index();
    let takes_anything = variadic.is_some_and(is_any_variadic);
    let generic_count = signature.params.iter().filter(|p| p.param_type.has_generics()).count();
    (
        variadic.is_none(),
        signature.params.len(),
        Reverse(generic_count + usize::from(takes_anything)),
        !takes_anything,
        variadic,
    )
}

fn accepts(signature: &Signature, args: &[ArgumentType], casts: bool) -> bool {
    let Some(params) = signature.params_for(args.len()) else { return false };
    let mut bindings = Bindings::default();
    params.iter().zip(args).all(|(param, arg)| {
        let param_type = &param.param_type;
        match (arg, param_type) {
            (ArgumentType::Lambda(count), ParamType::Lambda(params, _)) => *count == params.len(),
            (ArgumentType::IntervalUnit, ParamType::IntervalUnit | ParamType::Any) => true,
            (ArgumentType::Lambda(_), _) | (_, ParamType::Lambda(..)) => false,
            (ArgumentType::IntervalUnit, _) => false,
            (arg, ParamType::IntervalUnit) => arg.sql_type().is_none(),
            (arg, param) => match arg.sql_type() {
                None => true,
                // What binds a generic type must be exactly that type, so no cast can stand in its way.
                Some(given) => bindings.fits(param, given, casts && !param.has_generics()),
            },
        }
    })
}

/// The types that stand for the generic ones.
#[derive(Default)]
struct Bindings(BTreeMap<Arc<str>, SqlType>);

impl Bindings {
    fn fits(&mut self, param: &ParamType, given: &SqlType, casts: bool) -> bool {
        match (param, given) {
            (ParamType::Any, _) | (ParamType::Decimal, SqlType::Decimal { .. }) => true,
            (ParamType::Generic(name), given) => {
                self.0.entry(Arc::clone(name)).or_insert_with(|| given.clone()) == given
            }
            (ParamType::Exactly(SqlType::Decimal { .. }), SqlType::Decimal { .. }) => true,
            (ParamType::Exactly(wanted), given) => {
                wanted == given || casts && is_widened(given, wanted)
            }
            (ParamType::Decimal, given) => casts && matches!(width(given), 1 | 2),
            (ParamType::Array(param), SqlType::Array(given)) => self.fits(param, given, casts),
            (ParamType::Map(key, value), SqlType::Map(given_key, given_value)) => {
                self.fits(key, given_key, casts) && self.fits(value, given_value, casts)
            }
            (ParamType::Struct(fields), SqlType::Struct(given)) => self.fits_struct(fields, given),
            (
                ParamType::Array(_)
                | ParamType::Map(..)
                | ParamType::Struct(_)
                | ParamType::IntervalUnit
                | ParamType::Lambda(..),
                _,
            ) => false,
        }
    }

    fn fits_struct(&mut self, fields: &[(Arc<str>, ParamType)], given: &[StructField]) -> bool {
        fields.len() == given.len()
            && fields.iter().all(|(name, param)| {
                let found = given.iter().find(|field| field.name == *name);
                found.is_some_and(|field| self.fits(param, &field.sql_type, false))
            })
    }

    /// Returns the type that an argument is cast to; none if a generic type in it is unknown.
    fn apply(&self, param: &ParamType, given: Option<&SqlType>) -> Option<SqlType> {
        Some(match param {
            ParamType::Exactly(sql_type) => sql_type.clone(),
            ParamType::IntervalUnit => SqlType::Varchar,
            ParamType::Any => given?.clone(),
            ParamType::Generic(name) => self.0.get(name)?.clone(),
            ParamType::Decimal => match given? {
                SqlType::Int => SqlType::Decimal { precision: 10, scale: 0 },
                SqlType::Bigint => SqlType::Decimal { precision: 19, scale: 0 },
                given => given.clone(),
            },
            ParamType::Array(element) => {
                let given = given.and_then(|given| match given {
                    SqlType::Array(element) => Some(element.as_ref()),
                    _ => None,
                });
                SqlType::array(self.apply(element, given)?)
            }
            ParamType::Map(key, value) => {
                let given = given.and_then(|given| match given {
                    SqlType::Map(key, value) => Some((key.as_ref(), value.as_ref())),
                    _ => None,
                });
                let key = self.apply(key, given.map(|given| given.0))?;
                SqlType::map(key, self.apply(value, given.map(|given| given.1))?)
            }
            ParamType::Struct(fields) => match given {
                Some(given) => given.clone(),
                None => {
                    let field = |(name, param): &(Arc<str>, ParamType)| {
                        Some((Arc::clone(name), self.apply(param, None)?))
                    };
                    SqlType::structure(fields.iter().map(field).collect::<Option<Vec<_>>>()?)
                }
            },
            ParamType::Lambda(..) => return None,
        })
    }
}

/// Tells whether a type is cast to another without being asked: numbers to larger ones, texts to points in time.
fn is_widened(given: &SqlType, wanted: &SqlType) -> bool {
    match wanted {
        SqlType::Date | SqlType::Time | SqlType::Timestamp => *given == SqlType::Varchar,
        wanted => width(given) != 0 && width(given) < width(wanted),
    }
}

/// Orders the numbers by what they can hold; 0 is no number.
fn width(sql_type: &SqlType) -> u8 {
    match sql_type {
        SqlType::Int => 1,
        SqlType::Bigint => 2,
        SqlType::Decimal { .. } => 3,
        SqlType::Double => 4,
        SqlType::Boolean
        | SqlType::Varchar
        | SqlType::Bytes
        | SqlType::Date
        | SqlType::Time
        | SqlType::Timestamp
        | SqlType::Array(_)
        | SqlType::Map(..)
        | SqlType::Struct(_) => 0,
    }
}

/// Finds the types of all arguments, those of lambdas last: their parameters follow from the other arguments.
fn bind(
    index: usize,
    signature: &Signature,
    args: &[ArgumentType],
    lambda: &mut LambdaTyper<'_>,
) -> Result<ResolvedOverload, FunctionError> {
    let params = signature.params_for(args.len()).unwrap_or_default();
    let mut bindings = Bindings::default();
    for (param, arg) in params.iter().zip(args) {
        if let Some(given) = arg.sql_type() {
            bindings.fits(&param.param_type, given, true);
        }
    }
    let mut resolved = Vec::with_capacity(args.len());
    for (i, (param, arg)) in params.iter().zip(args).enumerate() {
        resolved.push(match &param.param_type {
            ParamType::Lambda(takes, returns) => {
                bind_lambda(&mut bindings, (takes, returns), &mut |types| lambda(i, types))?
            }
            param => {
                let known = bindings.apply(param, arg.sql_type());
                ResolvedParam::Value(known.unwrap_or_else(|| type_of_null(param, args)))
            }
        });
    }
    let return_type = match &signature.returns {
        Some(ParamType::Decimal | ParamType::Any) | None => None,
        Some(returns) => Some(bindings.apply(returns, None).ok_or_else(|| {
            FunctionError::InvalidArgument(format!(
                "Could not find mapping for generic type: {returns}"
            ))
        })?),
    };
    Ok(ResolvedOverload { index, params: resolved, return_type })
}

fn bind_lambda(
    bindings: &mut Bindings,
    (takes, returns): (&[ParamType], &ParamType),
    lambda: &mut dyn FnMut(&[SqlType]) -> Result<SqlType, FunctionError>,
) -> Result<ResolvedParam, FunctionError> {
    let types = takes.iter().map(|param| {
        bindings.apply(param, None).ok_or_else(|| {
            FunctionError::InvalidArgument(format!("Could not verify type for generic {param}."))
        })
    });
    let params = types.collect::<Result<Vec<_>, _>>()?;
    let body = lambda(&params)?;
    if !bindings.fits(returns, &body, false) {
        let wanted =
            bindings.apply(returns, None).map_or_else(|| returns.to_string(), |t| t.to_string());
        return Err(FunctionError::InvalidArgument(format!(
            "The lambda must return {wanted}, but it returns {body}."
        )));
    }
    Ok(ResolvedParam::Lambda { params, returns: body })
}

/// A NULL where nothing tells the type is taken for a VARCHAR, and a DECIMAL for one like the others.
fn type_of_null(param: &ParamType, args: &[ArgumentType]) -> SqlType {
    let is_decimal = |sql_type: &&SqlType| matches!(sql_type, SqlType::Decimal { .. });
    match param {
        ParamType::Decimal => match args.iter().filter_map(ArgumentType::sql_type).find(is_decimal)
        {
            Some(sql_type) => sql_type.clone(),
            None => SqlType::Decimal { precision: 10, scale: 0 },
        },
        ParamType::Array(element) => SqlType::array(type_of_null(element, args)),
        ParamType::Map(key, value) => {
            SqlType::map(type_of_null(key, args), type_of_null(value, args))
        }
        ParamType::Exactly(sql_type) => sql_type.clone(),
        ParamType::Any
        | ParamType::Generic(_)
        | ParamType::IntervalUnit
        | ParamType::Struct(_)
        | ParamType::Lambda(..) => SqlType::Varchar,
    }
}

/// Writes the arguments' types as ksqlDB's errors do.
fn given(args: &[ArgumentType]) -> String {
    let text = |arg: &ArgumentType| match (arg, arg.sql_type()) {
        (_, Some(sql_type)) => sql_type.to_string().replace('`', ""),
        (ArgumentType::Lambda(_), None) => "LAMBDA".to_owned(),
        (ArgumentType::IntervalUnit, None) => "INTERVALUNIT".to_owned(),
        (ArgumentType::Typed(_) | ArgumentType::Literal(..), None) => "null".to_owned(),
    };
    args.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Value;

    #[track_caller]
    fn check(overloads: &[&str], args: &[ArgumentType], want: &str) {
        let signatures: Vec<Signature> = overloads.iter().map(|s| s.parse().unwrap()).collect();
        let signatures: Vec<&Signature> = signatures.iter().collect();
        let got = resolve_overload("f", &signatures, args, &mut |_, types| Ok(types[0].clone()));
        let got = match got {
            Ok(resolved) => {
                let params: Vec<String> =
                    resolved.params.iter().map(|p| p.sql_type().to_string()).collect();
                let returns = resolved.return_type.map_or("?".into(), |t| t.to_string());
                format!("{}: ({}) {returns}", resolved.index, params.join(", "))
            }
            Err(error) => error.to_string().lines().next().unwrap().to_owned(),
        };
        assert_eq!(got, want);
    }

    fn typed(sql_type: SqlType) -> ArgumentType {
        ArgumentType::Typed(sql_type)
    }

    const NULL: ArgumentType = ArgumentType::Literal(None, Value::Null);

    #[test]
    fn exact_comes_before_cast() {
        let overloads = ["(x BIGINT) BIGINT", "(x INT) INT", "(x DOUBLE) DOUBLE"];
        check(&overloads, &[typed(SqlType::Int)], "1: (INTEGER) INTEGER");
        check(&overloads[..1], &[typed(SqlType::Int)], "0: (BIGINT) BIGINT");
        let decimal = SqlType::Decimal { precision: 3, scale: 1 };
        check(&overloads, &[typed(decimal)], "2: (DOUBLE) DOUBLE");
        check(
            &overloads,
            &[typed(SqlType::Varchar)],
            "Function 'f' does not accept parameters (STRING).",
        );
    }

    #[test]
    fn texts_are_read_as_points_in_time() {
        let overloads = ["(x TIME, y TIME...) TIME", "(x VARCHAR, y VARCHAR...) VARCHAR"];
        let args = [typed(SqlType::Time), NULL, typed(SqlType::Varchar)];
        check(&overloads, &args, "0: (TIME, TIME, TIME) TIME");
        check(&overloads, &args[1..], "1: (STRING, STRING) STRING");
    }

    #[test]
    fn two_casts_are_ambiguous() {
        let overloads = [
            "(x INT, y INT...) INT",
            "(x BIGINT, y BIGINT...) BIGINT",
            "(x DOUBLE, y DOUBLE...) DOUBLE",
        ];
        let args = [typed(SqlType::Int), typed(SqlType::Bigint)];
        check(
            &overloads,
            &args,
            "Function 'f' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).",
        );
        check(
            &overloads,
            &[NULL, NULL],
            "Function 'f' cannot be resolved due to ambiguous method parameters (null, null).",
        );
        check(&overloads, &[NULL, typed(SqlType::Int)], "0: (INTEGER, INTEGER) INTEGER");
        check(&overloads, &[], "Function 'f' does not accept parameters ().");
    }

    #[test]
    fn the_plainer_overload_wins() {
        check(
            &["(x T, y T) T", "(x INT, y INT) INT"],
            &[typed(SqlType::Int), NULL],
            "1: (INTEGER, INTEGER) INTEGER",
        );
        check(&["(x INT...) INT", "(x INT) INT"], &[typed(SqlType::Int)], "1: (INTEGER) INTEGER");
        check(
            &["(x ANY...) INT", "(x INT...) INT"],
            &[typed(SqlType::Int)],
            "1: (INTEGER) INTEGER",
        );
    }

    #[test]
    fn generic_types_are_the_same_everywhere() {
        let list = || typed(SqlType::array(SqlType::Bigint));
        check(
            &["(list ARRAY<T>, x T) T"],
            &[list(), typed(SqlType::Bigint)],
            "0: (ARRAY<BIGINT>, BIGINT) BIGINT",
        );
        check(
            &["(list ARRAY<T>, x T) T"],
            &[NULL, typed(SqlType::Bigint)],
            "0: (ARRAY<BIGINT>, BIGINT) BIGINT",
        );
        check(
            &["(list ARRAY<T>, x T) T"],
            &[list(), typed(SqlType::Int)],
            "Function 'f' does not accept parameters (ARRAY<BIGINT>, INTEGER).",
        );
        check(&["(list ARRAY<T>) T"], &[NULL], "Could not find mapping for generic type: T");
    }

    #[test]
    fn lambdas_are_typed_by_what_stands_beside_them() {
        let list = typed(SqlType::array(SqlType::Bigint));
        let lambda = ArgumentType::Lambda(1);
        check(
            &["(list ARRAY<T>, f LAMBDA<T, R>) ARRAY<R>"],
            &[list.clone(), lambda.clone()],
            "0: (ARRAY<BIGINT>, BIGINT) ARRAY<BIGINT>",
        );
        check(
            &["(list ARRAY<T>, f LAMBDA<T, BOOLEAN>) ARRAY<T>"],
            &[list.clone(), lambda],
            "The lambda must return BOOLEAN, but it returns BIGINT.",
        );
        check(
            &["(list ARRAY<T>, f LAMBDA<T, R>) ARRAY<R>"],
            &[list, ArgumentType::Lambda(2)],
            "Function 'f' does not accept parameters (ARRAY<BIGINT>, LAMBDA).",
        );
    }
}
