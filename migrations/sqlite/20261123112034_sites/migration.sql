CREATE TABLE `dns_names` (
	`name` text PRIMARY KEY NOT NULL,
	`service` text NOT NULL,
	`environment` text NOT NULL,
	`port` integer,
	`preference` text NOT NULL,
	`site_order` text NOT NULL,
	`weights` text NOT NULL,
	`ttl_seconds` integer NOT NULL,
	`most_addresses` integer NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `failover_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`rules` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `service_stages` (
	`service` text NOT NULL,
	`environment` text NOT NULL,
	`layer` text NOT NULL,
	`is_read_only` integer NOT NULL,
	`stages` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT `service_stages_pk` PRIMARY KEY(`service`, `environment`)
);
--> statement-breakpoint
CREATE TABLE `shifts` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`kind` text NOT NULL,
	`site` text,
	`changes` text NOT NULL,
	`steps` integer NOT NULL,
	`step_seconds` integer NOT NULL,
	`state` text NOT NULL,
	`step` integer NOT NULL,
	`step_at` integer,
	`wait_code` text,
	`wait_reason` text NOT NULL,
	`plan` text NOT NULL,
	`reason` text NOT NULL,
	`state_reason` text NOT NULL,
	`created_by` text NOT NULL,
	`created_by_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`applied_by` text,
	`applied_at` integer,
	`finished_at` integer
);
--> statement-breakpoint
CREATE TABLE `site_marks` (
	`site` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`by` text NOT NULL,
	`since` integer NOT NULL,
	`reason` text NOT NULL,
	CONSTRAINT `site_marks_pk` PRIMARY KEY(`site`, `name`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `sites` (
	`name` text PRIMARY KEY NOT NULL,
	`clients` text NOT NULL,
	`regions` text NOT NULL,
	`links` text NOT NULL,
	`note` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dns_names_service` ON `dns_names` (`service`,`environment`);--> statement-breakpoint
CREATE INDEX `shifts_state` ON `shifts` (`state`);