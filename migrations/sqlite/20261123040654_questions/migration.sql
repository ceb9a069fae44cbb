CREATE TABLE `inputs` (
	`plan_id` text PRIMARY KEY NOT NULL,
	`chain_id` text NOT NULL,
	`place` integer NOT NULL,
	`decision` text NOT NULL,
	`body` blob NOT NULL,
	`digest` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pools` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`site` text NOT NULL,
	`cpu_milli` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`cost_cents_per_hour` integer NOT NULL,
	`most_hosts` integer NOT NULL,
	`performance` integer NOT NULL,
	`stability` integer NOT NULL,
	`labels` text NOT NULL,
	`taints` text NOT NULL,
	`environments` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `proposal_moves` (
	`proposal_id` text NOT NULL,
	`ordinal` integer NOT NULL,
	`replica_id` text NOT NULL,
	`replica` text NOT NULL,
	`from_host_id` text NOT NULL,
	`from_host` text NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`is_wish` integer NOT NULL,
	`is_undo` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`successor_id` text,
	CONSTRAINT `proposal_moves_pk` PRIMARY KEY(`proposal_id`, `ordinal`)
);
--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`note` text NOT NULL,
	`state` text NOT NULL,
	`state_reason` text NOT NULL,
	`parent` integer NOT NULL,
	`changes` text NOT NULL,
	`simulation` text NOT NULL,
	`created_by` text NOT NULL,
	`created_by_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`applied_by` text,
	`applied_at` integer,
	`finished_at` integer,
	`undo` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `inputs_chain` ON `inputs` (`chain_id`,`place`);--> statement-breakpoint
CREATE UNIQUE INDEX `pools_name` ON `pools` (`name`);--> statement-breakpoint
CREATE INDEX `proposal_moves_state` ON `proposal_moves` (`state`);--> statement-breakpoint
CREATE INDEX `proposals_state` ON `proposals` (`state`);