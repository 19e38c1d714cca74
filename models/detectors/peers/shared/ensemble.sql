-- Lent: ensemble_hit
select 'hit' as outcome, person_id, institution_id, practitioner_id, round(weight, 4) as weight,
    round(score, 2) as score, place, subjects, themes, reason_text, reason_text_zh, reasons
from ensemble_hit;
