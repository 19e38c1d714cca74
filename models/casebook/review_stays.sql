-- One row: one stay of a review's sample with what counts of its answers; without an answer nothing is judged
select s.*, coalesce(a.is_missing, false) as is_missing, a.wrong_amount_1, a.wrong_amount_2, a.wrong_amount
from casebook.review_stay as s
left join casebook.current_review_answer as a on a.review_id = s.review_id and a.place = s.place
where s.review_id = $id
order by s.institution_id, s.place
