SELECT "open FROM s;
--! line 1:8: quoted identifier is not closed; add the same quote at its end
