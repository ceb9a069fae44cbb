ALTER TABLE `drills` ADD `state_said` text;--> statement-breakpoint
ALTER TABLE `shifts` ADD `wait_said` text;--> statement-breakpoint
ALTER TABLE `shifts` ADD `state_said` text;--> statement-breakpoint
ALTER TABLE `site_marks` ADD `said` text;