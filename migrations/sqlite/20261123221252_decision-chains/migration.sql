ALTER TABLE `decisions` ADD `input_chain` text;--> statement-breakpoint
CREATE INDEX `decisions_chain` ON `decisions` (`input_chain`,`id`,`at`);