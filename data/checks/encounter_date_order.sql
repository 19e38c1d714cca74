-- warn: An encounter starts before it ends.
-- zh: 就诊开始时间不晚于结束时间
-- of: record.encounter where ended_at is not null
-- needs: record.encounter.started_at record.encounter.ended_at
select encounter_id, institution_id, started_at, ended_at
from record.encounter
where cast(started_at as date) > cast(ended_at as date)
