/** What the keyed operator keeps for each stream: records, their binary forms and descriptors. */
package io.focusstream.operators.state;
