-- warn: Most rows of the lists of other departments mean a person of the record.
-- zh: 外部门名单（死亡、羁押服刑、出入境、工伤、第三方责任）多数能与参保或就医人员匹配
-- of: (select file_id from record.person_status union all select file_id from record.person_status_unmatched) as listed
-- above: 0.5
-- needs: record.list_match.kind
select f.file, u.row_number, u.status_type
from record.person_status_unmatched as u
left join (
    select file_id, min(file) as file from run.input_file where source_table = 'psn_status_d' group by file_id
) as f on f.file_id = u.file_id
