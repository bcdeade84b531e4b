#!/usr/bin/env node
import { createApp } from "./create-app.ts";

process.exitCode = await createApp(process.argv.slice(2));
