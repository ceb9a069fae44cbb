CREATE TABLE `moves` (
	`id` text PRIMARY KEY NOT NULL,
	`workload_id` text NOT NULL,
	`replica_id` text NOT NULL,
	`successor_id` text NOT NULL,
	`from_host_id` text NOT NULL,
	`to_host_id` text NOT NULL,
	`begun_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text
);
--> statement-breakpoint
ALTER TABLE `hosts` ADD `drain_reason` text;--> statement-breakpoint
ALTER TABLE `replicas` ADD `replaces` text;--> statement-breakpoint
CREATE INDEX `moves_begun` ON `moves` (`begun_at`);--> statement-breakpoint
CREATE INDEX `moves_under_way` ON `moves` (`successor_id`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `replicas_replaces` ON `replicas` (`replaces`);