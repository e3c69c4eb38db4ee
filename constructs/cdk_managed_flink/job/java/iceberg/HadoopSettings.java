package managedflink.iceberg;

import org.apache.hadoop.conf.Configuration;

/**
 * Stands in for Flink's own {@code HadoopUtils}, which Iceberg asks for Hadoop's settings.
 *
 * <p>Flink's is loaded before the job's jar, where the service has no Hadoop, so asking it fails for
 * want of a class. No cluster's files are read here: a table's options say all.
 */
public final class HadoopSettings {
    private HadoopSettings() {}

    public static Configuration getHadoopConfiguration(
            org.apache.flink.configuration.Configuration flink) {
        return new Configuration(false);
    }
}
