-- warn: Each kind of row in the lists of other departments means somebody of the record.
-- zh: 外部门名单、举报线索、检查结果按类别看，多数能与本次数据中的对象匹配
-- of: (select kind from record.list_match where kind <> 'none') as listed
-- needs: record.list_match.kind
select source_table, kind, delivered, unmatched
from record.list_match
where kind <> 'none' and unmatched > 0.5 * delivered
