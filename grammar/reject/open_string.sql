SELECT a FROM s WHERE b = 'it''s open;
--! line 1:27: string is not closed; add a ' at its end
