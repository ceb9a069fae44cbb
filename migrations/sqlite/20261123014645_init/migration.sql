CREATE TABLE `api_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`secret_hash` text NOT NULL,
	`scopes` text NOT NULL,
	`team` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`last_used_at` integer,
	CONSTRAINT `fk_api_tokens_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`),
	CONSTRAINT `fk_api_tokens_team_teams_name_fk` FOREIGN KEY (`team`) REFERENCES `teams`(`name`)
);
--> statement-breakpoint
CREATE TABLE `grants` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`team` text,
	`role` text NOT NULL,
	CONSTRAINT `fk_grants_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`),
	CONSTRAINT `fk_grants_team_teams_name_fk` FOREIGN KEY (`team`) REFERENCES `teams`(`name`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	CONSTRAINT `fk_sessions_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`)
);
--> statement-breakpoint
CREATE TABLE `teams` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`title` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`password_hash` text NOT NULL,
	`must_change_password` integer NOT NULL,
	`disabled` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `addresses` (
	`id` text PRIMARY KEY NOT NULL,
	`network_id` text NOT NULL,
	`address` text NOT NULL,
	`mac` text NOT NULL,
	`replica_id` text NOT NULL,
	`replica` text NOT NULL,
	`workload` text NOT NULL,
	`host_id` text NOT NULL,
	`host` text NOT NULL,
	`held_from` integer NOT NULL,
	`let_go_at` integer,
	`held_until` integer,
	`quarantined_until` integer
);
--> statement-breakpoint
CREATE TABLE `assignments` (
	`host_id` text PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`hash` text NOT NULL,
	`body` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`kind` text NOT NULL,
	`subject_type` text NOT NULL,
	`subject_id` text NOT NULL,
	`subject` text NOT NULL,
	`team` text,
	`message` text NOT NULL,
	`why` text
);
--> statement-breakpoint
CREATE TABLE `host_status` (
	`host_id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`since` integer NOT NULL,
	`last_seen_at` integer,
	`reported_generation` integer NOT NULL,
	`facts` text
);
--> statement-breakpoint
CREATE TABLE `hosts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`kind` text NOT NULL,
	`site` text NOT NULL,
	`rack` text NOT NULL,
	`address` text NOT NULL UNIQUE,
	`uplink` text NOT NULL,
	`network_id` text NOT NULL,
	`cpu_milli` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`reserved_cpu_milli` integer NOT NULL,
	`reserved_memory_mib` integer NOT NULL,
	`cost_cents_per_hour` integer NOT NULL,
	`performance` integer NOT NULL,
	`stability` integer NOT NULL,
	`labels` text NOT NULL,
	`taints` text NOT NULL,
	`environments` text NOT NULL,
	`cordon_reason` text,
	`credential_hash` text NOT NULL,
	`joined_at` integer NOT NULL,
	CONSTRAINT `fk_hosts_network_id_networks_id_fk` FOREIGN KEY (`network_id`) REFERENCES `networks`(`id`)
);
--> statement-breakpoint
CREATE TABLE `join_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`token_hash` text NOT NULL UNIQUE,
	`terms` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_by` text
);
--> statement-breakpoint
CREATE TABLE `networks` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`mode` text NOT NULL,
	`site` text NOT NULL,
	`cidr` text NOT NULL,
	`gateway` text NOT NULL,
	`first` text NOT NULL,
	`last` text NOT NULL,
	`excluded` text NOT NULL,
	`dns` text NOT NULL,
	`host_id` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `cluster` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`actor_id` text NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`request_id` text NOT NULL,
	`created_at` integer NOT NULL,
	CONSTRAINT `idempotency_keys_pk` PRIMARY KEY(`actor_id`, `key`)
);
--> statement-breakpoint
CREATE TABLE `plans` (
	`id` text PRIMARY KEY NOT NULL,
	`parent` integer NOT NULL,
	`verb` text NOT NULL,
	`state` text NOT NULL,
	`cause` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`applied_at` integer,
	`revision` integer,
	`body` text NOT NULL,
	`names` text NOT NULL,
	`print` text NOT NULL,
	`host_states` text NOT NULL,
	`refused` text NOT NULL,
	`planned_ms` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `policies` (
	`version` integer PRIMARY KEY,
	`record` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`why` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `quotas` (
	`team` text NOT NULL,
	`environment` text NOT NULL,
	`cpu_milli` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT `quotas_pk` PRIMARY KEY(`team`, `environment`)
);
--> statement-breakpoint
CREATE TABLE `releases` (
	`id` text PRIMARY KEY NOT NULL,
	`workload_id` text NOT NULL,
	`version` integer NOT NULL,
	`image` text NOT NULL,
	`command` text NOT NULL,
	`env` text NOT NULL,
	`port` integer NOT NULL,
	`health_path` text,
	`stop_seconds` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `replicas` (
	`id` text PRIMARY KEY NOT NULL,
	`workload_id` text NOT NULL,
	`ordinal` integer NOT NULL,
	`cpu_milli` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`release_id` text NOT NULL,
	`host_id` text,
	`address` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `requests` (
	`id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`team` text NOT NULL,
	`service` text NOT NULL,
	`environment` text NOT NULL,
	`draft` text NOT NULL,
	`quote` text NOT NULL,
	`workload_id` text,
	`submitted_by` text NOT NULL,
	`submitted_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`decision_reason` text
);
--> statement-breakpoint
CREATE TABLE `services` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL UNIQUE,
	`team` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `workloads` (
	`id` text PRIMARY KEY NOT NULL,
	`service_id` text NOT NULL,
	`environment` text NOT NULL,
	`ask` text NOT NULL,
	`release_id` text NOT NULL,
	`request_id` text NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT `fk_workloads_service_id_services_id_fk` FOREIGN KEY (`service_id`) REFERENCES `services`(`id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_tokens_user_name` ON `api_tokens` (`user_id`,`name`);--> statement-breakpoint
CREATE INDEX `api_tokens_expires` ON `api_tokens` (`expires_at`);--> statement-breakpoint
CREATE INDEX `grants_user` ON `grants` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expires` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `addresses_open` ON `addresses` (`address`) WHERE held_until IS NULL;--> statement-breakpoint
CREATE INDEX `addresses_address` ON `addresses` (`address`);--> statement-breakpoint
CREATE INDEX `addresses_open_host` ON `addresses` (`host_id`) WHERE held_until IS NULL;--> statement-breakpoint
CREATE INDEX `addresses_quarantine` ON `addresses` (`quarantined_until`);--> statement-breakpoint
CREATE INDEX `events_subject` ON `events` (`subject_id`);--> statement-breakpoint
CREATE INDEX `events_kind` ON `events` (`kind`);--> statement-breakpoint
CREATE INDEX `plans_state` ON `plans` (`state`);--> statement-breakpoint
CREATE UNIQUE INDEX `releases_workload_version` ON `releases` (`workload_id`,`version`);--> statement-breakpoint
CREATE UNIQUE INDEX `replicas_workload_ordinal` ON `replicas` (`workload_id`,`ordinal`);--> statement-breakpoint
CREATE INDEX `replicas_host` ON `replicas` (`host_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `replicas_address` ON `replicas` (`address`);--> statement-breakpoint
CREATE INDEX `requests_state` ON `requests` (`state`);--> statement-breakpoint
CREATE INDEX `requests_team` ON `requests` (`team`);--> statement-breakpoint
CREATE UNIQUE INDEX `workloads_service_environment` ON `workloads` (`service_id`,`environment`);