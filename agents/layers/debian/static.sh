# Runs once, while the layer is built: nobody reads documentation in a container.
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/info/* /usr/share/locale/* /var/log/*.log
