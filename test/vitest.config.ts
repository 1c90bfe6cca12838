import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
	root,
	test: {
		reporters: ["default", "./test/helpers/tally-reporter.ts"],
		projects: [
			{
				root,
				test: {
					name: "unit",
					include: ["test/unit/**/*.test.ts"],
					sequence: { groupOrder: 0 },
				},
			},
			{
				root,
				test: {
					name: "integration",
					include: ["test/integration/**/*.test.ts"],
					globalSetup: "test/helpers/global-setup.ts",
					testTimeout: 60_000,
					hookTimeout: 180_000,
					sequence: { groupOrder: 1 },
					// One file at a time: they share an OpenSearch and, on small machines, two processors.
					poolOptions: { forks: { singleFork: true } },
				},
			},
		],
	},
});
