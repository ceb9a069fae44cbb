// Where drizzle-kit finds the tables and puts migrations: `npm run db:generate`.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'sqlite', schema: './server/db/schema/*.ts', out: './migrations/sqlite' });
