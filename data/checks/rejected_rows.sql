-- warn: No file of the last delivery lost more than 1 % of its rows.
-- zh: 最近一次交付的文件被拒行数均不超过1%
-- of: run.account
-- needs: run.account
select a.file, a.source_table, a.rejected, a.rows_in
from run.account as a
join run.step as s on s.step = 'ingest' and s.fingerprint = a.ingest_id
where a.rejected > 0.01 * a.rows_in
