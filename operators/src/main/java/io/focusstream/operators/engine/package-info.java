/** The condensing engine as the rest of the system sees it: plain types, no Flink, no DJL. */
package io.focusstream.operators.engine;
