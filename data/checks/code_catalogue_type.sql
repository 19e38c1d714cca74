-- warn: Every catalogue type is in the national dictionary.
-- zh: 目录类别均在国家字典内
-- of: (select distinct catalogue_type from record.fee_line where catalogue_type is not null) as c
-- needs: record.fee_line.catalogue_type
select catalogue_type, count(*) as fee_lines
from record.fee_line
where catalogue_type not in ('101', '102', '103', '104', '201', '301')
group by catalogue_type
