-- Numbers get their type from how they are written.
SELECT 1, -1, 2147483647, 2147483648, -9223372036854775808, 1.0, .5, -.50, 1., 1e3, 1.5E-3 FROM s;
--= SELECT 1, -1, 2147483647, 2147483648, -9223372036854775808, 1.0, 0.5, -0.50, 1., 1E3, 1.5E-3 FROM S
-- Precedence: each line means what its parentheses say.
SELECT a + b * c - d / e % f, (a + b) * c, a - (b - c), -a * b, -(a * b), -(1), - -1, +a, -(-a), - (-1) FROM s;
--= SELECT A + B * C - D / E % F, (A + B) * C, A - (B - C), -A * B, -(A * B), -(1), -(-1), +A, -(-A), -(-1) FROM S
SELECT a || b + c || d, a || (b || c), (a AT TIME ZONE 'UTC')->b, -a AT TIME ZONE 'UTC' FROM s;
--= SELECT A || B + C || D, A || (B || C), (A AT TIME ZONE 'UTC')->B, -A AT TIME ZONE 'UTC' FROM S
SELECT NOT a = b AND c OR d, NOT (a OR b) AND (c OR d), (NOT a) = b, NOT NOT a FROM s;
--= SELECT NOT A = B AND C OR D, NOT (A OR B) AND (C OR D), (NOT A) = B, NOT NOT A FROM S
SELECT (a = b) = (c = d), (a IS NULL) IS NOT NULL, (a OR b)[1], (a || b)->c FROM s;
--= SELECT (A = B) = (C = D), (A IS NULL) IS NOT NULL, (A OR B)[1], (A || B)->C FROM S
-- Predicates.
SELECT a <> b, a != b, a <= b, a >= b, a < b, a > b, a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b + 1 FROM s;
--= SELECT A <> B, A <> B, A <= B, A >= B, A < B, A > B, A IS DISTINCT FROM B, A IS NOT DISTINCT FROM B + 1 FROM S
SELECT a FROM s WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN c + 1 AND d OR e IN (1, (2), f OR g) AND h NOT IN (1);
--= SELECT A FROM S WHERE A BETWEEN 1 AND 2 AND B NOT BETWEEN C + 1 AND D OR E IN (1, 2, F OR G) AND H NOT IN (1)
SELECT a FROM s WHERE a LIKE 'x%' ESCAPE '!' OR b NOT LIKE c || '''' OR d LIKE escape ESCAPE '''';
--= SELECT A FROM S WHERE A LIKE 'x%' ESCAPE '!' OR B NOT LIKE C || '''' OR D LIKE ESCAPE ESCAPE ''''
-- Constructors and access.
SELECT ARRAY[], ARRAY[1, ARRAY[2]], MAP(), MAP('a' := 1, b := c OR d), STRUCT(), STRUCT(a := 1, `b` := NOT c) FROM s;
--= SELECT ARRAY[], ARRAY[1, ARRAY[2]], MAP(), MAP('a' := 1, B := C OR D), STRUCT(), STRUCT(A := 1, `b` := NOT C) FROM S
SELECT a[1], a['k']['l'], a->b[1]->c, f(x)->y, ARRAY[1][1], a[b || c] FROM s;
--= SELECT A[1], A['k']['l'], A->B[1]->C, F(X)->Y, ARRAY[1][1], A[B || C] FROM S
SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, CASE WHEN a AND b THEN c END, CAST(a AS MAP<STRING, ARRAY<INT>>) FROM s;
--= SELECT CASE A WHEN 1 THEN 'x' ELSE 'y' END, CASE WHEN A AND B THEN C END, CAST(A AS MAP<STRING, ARRAY<INTEGER>>) FROM S
SELECT DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01T10:00:00', date, time FROM s;
--= SELECT DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01T10:00:00', DATE, TIME FROM S
-- Calls.
SELECT f(), f(a, b + 1), COUNT(*), TIMESTAMPADD(DAYS, 1, t), DATEADD(day, 2, `DAYS`), map, array(1), replace(a, 'b', 'c') FROM s;
--= SELECT F(), F(A, B + 1), COUNT(*), TIMESTAMPADD(DAYS, 1, T), DATEADD(DAY, 2, `DAYS`), MAP, ARRAY(1), REPLACE(A, 'b', 'c') FROM S
SELECT TRANSFORM(a, x => x + 1), REDUCE(a, 0, (s, x) => s + x), FILTER(m, (k, v) => f(v, y => y = k)) FROM s;
--= SELECT TRANSFORM(A, (X) => X + 1), REDUCE(A, 0, (S, X) => S + X), FILTER(M, (K, V) => F(V, (Y) => Y = K)) FROM S
SELECT TRANSFORM(m, (k, v) => k, (k, v) => v OR k) FROM s;
--= SELECT TRANSFORM(M, (K, V) => K, (K, V) => V OR K) FROM S
