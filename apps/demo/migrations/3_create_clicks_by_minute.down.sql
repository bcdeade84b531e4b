drop table clicks_by_minute;
