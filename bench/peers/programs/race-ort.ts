/** @file The page of ort in the race. */
import { start } from '../contenders/ort.ts';
import { serveSession } from '../session.ts';

serveSession(start);
