-- One row: one review with what came back of it and which third party was lent its sample
select r.review_id, r.drawn_on, r.period_from, r.period_to, r.allocation, r.seed, r.stays, r.drawn,
    count(a.place) as returned, max(p.third_party) as third_party, max(p.until) as until
from casebook.review as r
left join casebook.current_review_answer as a on a.review_id = r.review_id
left join casebook.review_package as p on p.review_id = r.review_id
group by r.review_id, r.drawn_on, r.period_from, r.period_to, r.allocation, r.seed, r.stays, r.drawn
order by r.review_id
