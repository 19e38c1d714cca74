-- warn: Tips and inspection results are about an institution, practitioner or person of the record.
-- zh: 举报线索、检查结果的对象在本次数据中存在
-- of: (select kind from record.list_match where source_table <> 'psn_status_d') as listed
-- needs: record.list_match.kind
select source_table, kind, delivered, unmatched
from record.list_match
where source_table <> 'psn_status_d' and unmatched > 0.5 * delivered
