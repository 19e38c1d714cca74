-- warn: Every fee category begins with a national one, 01 to 14.
-- zh: 医疗收费项目类别以国家类别01至14开头
-- of: (select distinct fee_category from record.fee_line where fee_category is not null) as c
-- needs: record.fee_line.fee_category
select fee_category, count(*) as fee_lines
from record.fee_line
where not regexp_matches(fee_category, '^(0[1-9]|1[0-4])')
group by fee_category
