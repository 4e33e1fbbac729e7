SELECT a /* open FROM s;
--! line 1:10: comment is not closed; add */ at its end
