CREATE TABLE `replica_lives` (
	`replica_id` text NOT NULL,
	`host_id` text NOT NULL,
	`workload_id` text NOT NULL,
	`replica` text NOT NULL,
	`host` text NOT NULL,
	`release_id` text NOT NULL,
	`placed_at` integer NOT NULL,
	`started_at` integer,
	`healthy_at` integer NOT NULL,
	`restarts` integer NOT NULL,
	`restarted_at` integer,
	`restart_reason` text,
	CONSTRAINT `replica_lives_pk` PRIMARY KEY(`replica_id`, `host_id`)
);
--> statement-breakpoint
CREATE INDEX `replica_lives_workload` ON `replica_lives` (`workload_id`,`healthy_at`);--> statement-breakpoint
CREATE INDEX `replica_lives_healthy` ON `replica_lives` (`healthy_at`);